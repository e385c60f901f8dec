import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CatalogueSchemas } from '../catalogue/catalogue.js';
import { memoryStore } from '../memory/memory-store.js';
import { createNotifier } from '../notifier/notifier.js';
import type { NotifierOptions } from '../notifier/notifier-options.js';
import type { PresenceChange } from '../ports/directory.js';
import { attached, testCatalogue, testNotifier } from '../test-doubles/notifier-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import { RecordingDirectory } from '../test-doubles/recording-directory.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);

async function singleNode() {
  const { notifier } = testNotifier({ nodeId: 'here' });
  await Promise.all([notifier.start(), settle()]);
  const changes: PresenceChange[] = [];
  notifier.on('presence', (change) => changes.push(change));
  const attach = async (userId: string | null) => {
    const attaching = attached(notifier, { userId });
    await settle();
    return (await attaching).emitter;
  };
  return { notifier, changes, attach };
}

test('a single node knows who is online without being given a directory', async () => {
  const { notifier, attach } = await singleNode();
  await Promise.all([attach('1'), attach('2'), attach(null)]);
  expect(await notifier.online('1')).toBe(true);
  expect(await notifier.online('3')).toBe(false);
  expect(await notifier.where('2')).toEqual(['here']);
  expect(await notifier.onlineMany(['3', '2', '1', '2'])).toEqual(new Set(['2', '1']));
  expect(await notifier.onlineMany([])).toEqual(new Set());
});

test('presence tells of the first stream and of the last, not of a tab that is loaded again', async () => {
  const { changes, attach, notifier } = await singleNode();
  const first = await attach('1');
  const second = await attach('1');
  first.gone();
  second.gone();
  await settle(2_000);
  const third = await attach('1');
  await settle(20_000);
  expect(changes).toEqual([{ userId: '1', online: true }]);
  third.gone();
  await settle(20_000);
  expect(changes.slice(1)).toEqual([{ userId: '1', online: false }]);
  expect(await notifier.online('1')).toBe(false);
});

test('nodes that share no directory do not pretend to know', async () => {
  const broker = new RecordingBroker({ remote: true });
  const store = new ObservedStore(memoryStore(), true);
  const notifier = createNotifier({ catalogue: testCatalogue, broker, store });
  await Promise.all([notifier.start(), settle()]);
  for (const asked of [notifier.online('1'), notifier.where('1'), notifier.onlineMany(['1'])]) {
    await expect(asked).rejects.toMatchObject({ code: 'DIRECTORY_MISSING', retryable: false });
  }
  await notifier.close();
});

test('what cannot be a user, too many users, and a node that is not there are refused', async () => {
  const { notifier } = testNotifier({ maxUsers: 2 });
  await expect(notifier.online('1')).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await Promise.all([notifier.start(), settle()]);
  await expect(notifier.online('')).rejects.toMatchObject({ code: 'CHANNEL_INVALID' });
  const tooMany = notifier.onlineMany(['1', '2', '3']);
  await expect(tooMany).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  await notifier.close();
  await expect(notifier.online('1')).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a directed broker needs a directory, and a broker that says so has `publishTo`', () => {
  const store = new ObservedStore(memoryStore(), true);
  const broker = new RecordingBroker({ remote: true, directed: true });
  const make = (fields: Pick<NotifierOptions<CatalogueSchemas>, 'broker' | 'directory'>) => () =>
    createNotifier({ catalogue: testCatalogue, broker, store, ...fields });
  expect(make({})).toThrow(expect.objectContaining({ code: 'DIRECTORY_MISSING' }));
  const directory = new RecordingDirectory();
  expect(make({ directory })).not.toThrow();
  const mute = Object.assign(new RecordingBroker(), { capabilities: broker.capabilities });
  expect(make({ directory, broker: mute })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
});

test('health asks the directory, and the link is told of', async () => {
  const directory = new RecordingDirectory();
  const { notifier } = testNotifier({ directory });
  const states: string[] = [];
  notifier.on('directory', ({ state }) => states.push(state));
  await Promise.all([notifier.start(), settle()]);
  directory.away = true;
  directory.sink.status({ state: 'up' });
  expect(await notifier.health()).toEqual({
    status: 'degraded',
    reasons: ['directory: no where today'],
  });
  expect(states).toEqual(['up']);
  await notifier.close();
});
