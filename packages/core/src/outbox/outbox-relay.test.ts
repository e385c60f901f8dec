import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { memoryStore } from '../memory/memory-store.js';
import { memoryTransaction } from '../memory/memory-transaction.js';
import { gate } from '../test-doubles/gate.js';
import { testNotifier } from '../test-doubles/notifier-parts.js';
import { OutboxStore } from '../test-doubles/observed-outbox.js';
import { RecordingLogger } from '../test-doubles/recording-logger.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const toUser = { to: { user: '1' }, type: 'message', data: { n: 1 } } as const;
const away = async (): Promise<void> => {
  throw new NotifyError('STORE_UNAVAILABLE', 'no relay today');
};

function parts(fields: Parameters<typeof testNotifier>[0] = {}) {
  const store = new OutboxStore(memoryStore());
  const logger = new RecordingLogger();
  const { notifier, broker } = testNotifier({ store, logger, ...fields });
  const stored = async () => (await store.positions(['user:1']))[0]?.offset;
  return { notifier, broker, store, outbox: store.outbox, logger, stored };
}

async function started(fields: Parameters<typeof testNotifier>[0] = {}) {
  const all = parts(fields);
  await Promise.all([all.notifier.start(), settle()]);
  return all;
}

async function commit(notifier: ReturnType<typeof parts>['notifier']): Promise<void> {
  const session = memoryTransaction();
  await notifier.notify(toUser, { session });
  await session.commit();
}

test('what waits when a node starts is shown', async () => {
  const { store, stored, notifier } = parts();
  const other = testNotifier({ store, relay: false }).notifier;
  await Promise.all([other.start(), settle()]);
  await commit(other);
  await settle(5_000);
  expect(await stored()).toBe(0);
  await Promise.all([notifier.start(), settle()]);
  expect(await stored()).toBe(1);
  await Promise.all([notifier.close(), other.close()]);
});

test('a commit wakes it up at once', async () => {
  const { notifier, stored } = await started({ outboxPollMs: 3_600_000 });
  await commit(notifier);
  await settle(0);
  expect(await stored()).toBe(1);
  await notifier.close();
});

test('a store that tells nobody of commits is asked soon after a put', async () => {
  const { notifier, outbox, stored } = await started({ outboxPollMs: 3_600_000 });
  outbox.tells = false;
  await commit(notifier);
  await settle(19);
  expect(await stored()).toBe(0);
  await settle(1);
  expect(await stored()).toBe(1);
  await notifier.close();
});

test('a commit that nobody told of is found within the poll', async () => {
  const { notifier, outbox, stored } = await started({ outboxPollMs: 400 });
  outbox.tells = false;
  const session = memoryTransaction();
  await notifier.notify(toUser, { session });
  await settle(5_000);
  const before = outbox.relays;
  await session.commit();
  await settle(400);
  expect(await stored()).toBe(1);
  expect(outbox.relays).toBeGreaterThan(before);
  await settle(4_000);
  expect(outbox.relays - before).toBeLessThanOrEqual(4_400 / 200 + 1);
  await notifier.close();
});

test('it calls until nothing is left, one call at a time', async () => {
  const { notifier, outbox, broker } = await started({ outboxPollMs: 3_600_000 });
  let [atOnce, most] = [0, 0];
  outbox.before = async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  outbox.after = async () => {
    atOnce -= 1;
  };
  for (const count of [400, 25, 25]) {
    const session = memoryTransaction();
    for (let i = 0; i < count; i += 1) await notifier.notify(toUser, { session });
    await session.commit();
  }
  await settle();
  const offsets = broker.published.flat().map(({ offset }) => offset);
  expect(offsets).toEqual(Array.from({ length: 450 }, (_, i) => i + 1));
  expect(most).toBe(1);
  await notifier.close();
});

test('a node that only publishes relays, one with `relay: false` does not', async () => {
  const publishing = await started({ publishOnly: true });
  await commit(publishing.notifier);
  await settle();
  expect(await publishing.stored()).toBe(1);
  expect(publishing.broker.published.flat()).toHaveLength(1);
  const leaving = await started({ relay: false });
  await commit(leaving.notifier);
  await settle(10_000);
  expect(await leaving.stored()).toBe(0);
  expect(leaving.outbox.relays).toBe(0);
  await Promise.all([publishing.notifier.close(), leaving.notifier.close()]);
});

test('an outage is told once, and its end; meanwhile it asks ever less', async () => {
  const { notifier, outbox, logger, stored } = await started();
  outbox.before = away;
  await commit(notifier);
  await settle(60_000);
  const asked = outbox.relays;
  await settle(60_000);
  // Every one to two seconds.
  expect(outbox.relays - asked).toBeLessThanOrEqual(60);
  expect(logger.messages('warn')).toEqual([
    'the outbox cannot be relayed: what was committed waits in the store',
  ]);
  outbox.before = async () => {};
  await settle(2_000);
  expect(await stored()).toBe(1);
  expect(logger.messages('info')).toEqual(['the outbox is relayed again']);
  await notifier.close();
});

test('later appends know the place of what was relayed, without a stream on this node', async () => {
  const { notifier, store } = await started();
  await commit(notifier);
  await settle();
  await Promise.all([notifier.notify(toUser), settle()]);
  expect(store.appends.at(-1)).toMatchObject([{ floor: { offset: 1 } }]);
  await notifier.close();
});

test('a single failure is no line, and what breaks is tried again', async () => {
  const { notifier, outbox, logger, stored } = await started();
  let failures = 1;
  outbox.before = async () => {
    failures -= 1;
    if (failures === 0) throw new TypeError('broken');
  };
  await commit(notifier);
  await settle(200);
  expect(await stored()).toBe(1);
  expect(logger.lines).toEqual([]);
  await notifier.close();
});

test('while appends fail it leaves the store alone, and says nothing of its own', async () => {
  const { notifier, store, outbox, logger, stored } = await started();
  store.fail('append', 'positions');
  const refused = expect(notifier.notify(toUser)).rejects.toMatchObject({ retryable: true });
  await settle(1_000);
  await refused;
  const asked = outbox.relays;
  await commit(notifier);
  await settle(30_000);
  expect(outbox.relays).toBe(asked);
  expect(logger.messages('warn')).toEqual(['the store is down: nothing can be stored']);
  store.recover();
  await settle(5_000);
  expect(await stored()).toBe(1);
  await notifier.close();
});

test('drain lets the call under way finish, and asks for what this node has put', async () => {
  const { notifier, outbox, broker } = await started({ drainWindowMs: 0 });
  outbox.tells = false;
  const held = gate();
  outbox.after = () => {
    outbox.after = async () => {};
    return held.passed;
  };
  await commit(notifier);
  await settle(20);
  await commit(notifier);
  let isDrained = false;
  const draining = notifier.drain().then(() => {
    isDrained = true;
  });
  await settle(1_000);
  expect(isDrained).toBe(false);
  held.open();
  await settle();
  await draining;
  expect(broker.published.flat().map(({ offset }) => offset)).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('after close nothing is asked, shown or told', async () => {
  const { notifier, outbox, broker, store } = await started();
  const told: unknown[] = [];
  notifier.on('notified', (each) => told.push(each));
  const held = gate();
  outbox.after = () => held.passed;
  await commit(notifier);
  await settle();
  await notifier.close();
  held.open();
  const asked = outbox.relays;
  await settle(10_000);
  expect(outbox.relays).toBe(asked);
  expect(told).toEqual([]);
  expect(broker.published.flat()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  // It is in the log all the same: others find it there.
  expect(await store.positions(['user:1'])).toMatchObject([{ offset: 1 }]);
});
