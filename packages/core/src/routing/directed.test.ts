import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { memoryStore } from '../memory/memory-store.js';
import { appendOne } from '../test-doubles/envelopes.js';
import { gate } from '../test-doubles/gate.js';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import { RecordingDirectory } from '../test-doubles/recording-directory.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const message = { type: 'message', data: { n: 1 } } as const;

/** A started node whose broker sends to the nodes that its directory names. */
async function directedNode({ publishOnly = false, directed = true, inbox = false } = {}) {
  const broker = new RecordingBroker({ remote: true, ...(directed ? { directed } : {}) });
  const directory = new RecordingDirectory();
  const store = new ObservedStore(memoryStore(), true);
  const inboxes = inbox ? { inbox: {} } : {};
  const fields = { broker, directory, store, nodeId: 'here', publishOnly, ...inboxes };
  const { notifier } = testNotifier(fields);
  await Promise.all([notifier.start(), settle()]);
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    const outcome = work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await settle();
    return (await outcome)();
  };
  const attach = (userId: string, outlet = new RecordingOutlet(), groups: string[] = []) =>
    settled(attached(notifier, { userId, groups }, outlet));
  const notify = (to: Parameters<typeof notifier.notify>[0]['to']) =>
    settled(notifier.notify({ ...message, to }));
  return { notifier, broker, directory, store, settled, attach, notify };
}

test('a user stands in the directory, other channels at the broker', async () => {
  const { broker, directory, attach } = await directedNode();
  await attach('1', new RecordingOutlet(), ['a']);
  expect(directory.calls).toEqual(['start', 'add 1']);
  expect(broker.calls.slice(1)).toEqual(['subscribe group:a all']);
  expect(broker.startedWith).toMatchObject({ nodeId: 'here' });
});

test('positions are read only once the directory has acknowledged the user', async () => {
  const { directory, store, notifier } = await directedNode();
  const acknowledged = gate();
  directory.before = () => acknowledged.passed;
  const attaching = attached(notifier);
  await settle();
  expect(store.positionCalls.flat()).not.toContain('user:1');
  acknowledged.open();
  await settle();
  await attaching;
  expect(store.positionCalls.flat()).toContain('user:1');
});

test('a user leaves the directory once, a while after the last stream closed', async () => {
  const { directory, attach } = await directedNode();
  const [first, second] = [await attach('1'), await attach('1')];
  first.emitter.gone();
  await settle(20_000);
  second.emitter.gone();
  await settle(2_000);
  const third = await attach('1');
  await settle(20_000);
  expect(directory.calls).toEqual(['start', 'add 1']);
  third.emitter.gone();
  await settle(20_000);
  expect(directory.calls).toEqual(['start', 'add 1', 'remove 1']);
});

test('the inbox of a user goes where the user is, and stands in the directory with the user', async () => {
  const { notifier, broker, directory, attach, settled } = await directedNode({ inbox: true });
  const { emitter } = await attach('1');
  expect(directory.calls).toEqual(['start', 'where 1', 'add 1']);
  directory.elsewhere.set('1', ['b']);
  await settled(notifier.inbox('1').mute('message'));
  expect(broker.directed).toMatchObject([{ envelope: { channel: 'inbox:1' }, nodeIds: ['b'] }]);
  emitter.gone();
  await settle(20_000);
  expect(directory.calls.at(-1)).toBe('remove 1');
  expect(directory.here).toEqual(new Set());
});

test('nobody online elsewhere: no broker traffic, and published all the same', async () => {
  const { broker, directory, attach, notify } = await directedNode();
  const { outlet } = await attach('1');
  expect(await notify({ users: ['1', '2', '3'] })).toMatchObject({ published: true });
  expect(directory.calls.at(-1)).toBe('where 1 2 3');
  expect([broker.published, broker.directed]).toEqual([[], []]);
  expect(outlet.offsets('user:1')).toEqual([1]);
});

test('envelopes go to the nodes that hold the user, never to the sender, in one look-up', async () => {
  const { broker, directory, attach, notify } = await directedNode();
  await attach('1');
  directory.elsewhere.set('1', ['b']).set('2', ['b', 'c']);
  directory.calls.length = 0;
  await notify({ users: ['1', '2', '3'] });
  expect(directory.calls).toEqual(['where 1 2 3']);
  expect(
    broker.directed.map(({ envelope, nodeIds }) => [envelope.channel, envelope.offset, nodeIds]),
  ).toEqual([
    ['user:1', 1, ['b']],
    ['user:2', 1, ['b', 'c']],
  ]);
  expect(broker.published).toEqual([]);
});

test('groups and all are published as ever, without a look at the directory', async () => {
  const { broker, directory, notify } = await directedNode();
  await notify({ group: 'a' });
  await notify({ all: true });
  expect(broker.published.flat().map(({ channel }) => channel)).toEqual(['group:a', 'all']);
  expect(directory.calls).toEqual(['start']);
});

test('a directory that is away: stored, shown here, published false; groups still go out', async () => {
  const { broker, directory, store, attach, notify } = await directedNode();
  const { outlet } = await attach('1');
  directory.away = true;
  const both = await Promise.all([notify({ user: '1' }), notify({ group: 'a' })]);
  expect(both[0]).toMatchObject({ stored: true, published: false });
  // Of the same call to the broker.
  expect(both[1]).toMatchObject({ stored: true, published: true });
  expect(store.appends.flat().map(({ channel }) => channel)).toContain('user:1');
  expect(outlet.offsets('user:1')).toEqual([1]);
  expect(broker.published.flat().map(({ channel }) => channel)).toEqual(['group:a']);
  directory.away = false;
  expect(await notify({ user: '1' })).toMatchObject({ published: true });
});

test('groups that the broker does not take: what was sent to users of the same call is published', async () => {
  const { broker, directory, notify } = await directedNode();
  directory.elsewhere.set('1', ['b']);
  broker.before.set('publish', () =>
    Promise.reject(new NotifyError('BROKER_UNAVAILABLE', 'the topic has no leader')),
  );
  const both = await Promise.all([notify({ user: '1' }), notify({ group: 'a' })]);
  expect(both.map(({ published }) => published)).toEqual([true, false]);
  directory.away = true;
  const neither = await Promise.all([notify({ user: '1' }), notify({ group: 'a' })]);
  expect(neither.map(({ published }) => published)).toEqual([false, false]);
});

test('a user is served from the store where the directory is away at attach', async () => {
  const { directory, store, attach } = await directedNode();
  directory.away = true;
  const { outlet } = await attach('1');
  await appendOne(store, 'user:1', 1);
  await settle(20_000);
  expect(outlet.offsets('user:1')).toEqual([1]);
});

test('G4 the position check finds what nobody sent here, for users too', async () => {
  const { store, attach } = await directedNode();
  const { outlet } = await attach('1');
  await appendOne(store, 'user:1', 1);
  await settle(10_000);
  expect(outlet.offsets('user:1')).toEqual([1]);
});

test('a node that could not be found compares those users with the store at once', async () => {
  const { store, directory, attach } = await directedNode();
  const { outlet } = await attach('1');
  await appendOne(store, 'user:1', 1);
  directory.sink.resync('the lease had ended', ['1']);
  await settle();
  expect(outlet.offsets('user:1')).toEqual([1]);
});

test('a node that only publishes looks up and sends, and registers nothing', async () => {
  const { broker, directory, notify } = await directedNode({ publishOnly: true });
  directory.elsewhere.set('1', ['b']);
  await notify({ user: '1' });
  expect(directory.startedWith).toMatchObject({ publishOnly: true });
  expect(directory.calls).toEqual(['start', 'where 1']);
  expect(broker.directed).toHaveLength(1);
});

test('with any other broker the directory only knows who is online', async () => {
  const { broker, directory, attach, notify, notifier } = await directedNode({ directed: false });
  await attach('1');
  directory.elsewhere.set('2', ['b']);
  await notify({ user: '2' });
  expect(broker.calls).toContain('subscribe user:1 all');
  expect(broker.published.flat().map(({ channel }) => channel)).toEqual(['user:2']);
  expect(directory.calls).toEqual(['start', 'add 1']);
  expect(await notifier.where('1')).toEqual(['here']);
  expect(await notifier.online('2')).toBe(true);
});

test('drain and close reach the directory', async () => {
  const { directory, notifier, settled } = await directedNode();
  await settled(notifier.drain());
  expect(directory.calls).toEqual(['start', 'drain', 'close']);
});
