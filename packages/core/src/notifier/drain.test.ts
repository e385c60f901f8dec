import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { gate } from '../test-doubles/gate.js';
import { attached, SharedStore, testNotifier } from '../test-doubles/notifier-parts.js';
import { RecordingLogger } from '../test-doubles/recording-logger.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const toAll = { to: { all: true }, type: 'message', data: { n: 1 } } as const;
const toUser = { to: { user: '1' }, type: 'message', data: { n: 1 } } as const;

type Options = Parameters<typeof testNotifier>[0];

/** A started node with streams of the users 0, 1, 2 ... */
async function node(options: Options, streamCount = 0) {
  const parts = testNotifier(options);
  const told: string[] = [];
  parts.notifier.on('undelivered', ({ id, error }) => told.push(`${id} ${error.code}`));
  await Promise.all([parts.notifier.start(), settle()]);
  const opening = Promise.all(
    Array.from({ length: streamCount }, (_, index) =>
      attached(parts.notifier, { userId: `${index}` }),
    ),
  );
  await settle();
  const streams = await opening;
  const closedCount = () => streams.filter(({ emitter }) => emitter.closed).length;
  return { ...parts, told, streams, closedCount };
}

/** Has a call wait; returns how to let it go on. */
function hold(before: Map<string, () => Promise<void>>, method: string): () => void {
  const { passed, open } = gate();
  before.set(method, () => passed);
  return open;
}

test('G6 G11 drain finishes what was accepted while it sends the streams away, then closes broker and store', async () => {
  const { notifier, broker, store, streams } = await node({}, 1);
  const appended = hold(store.before, 'append');
  const published = hold(broker.before, 'publish');
  const notifying = notifier.notify(toAll);
  const draining = notifier.drain();
  await expect(notifier.notify(toAll)).rejects.toMatchObject({ code: 'CLOSED' });
  expect(await notifier.health()).toMatchObject({ status: 'draining' });
  await settle();
  expect(streams[0]?.outlet.closes).toMatchObject([{ code: 'DRAINING' }]);
  appended();
  await settle();
  expect(broker.calls).not.toContain('drain');
  published();
  await settle();
  expect(await notifying).toMatchObject({ stored: true, published: true });
  await draining;
  await notifier.closed;
  expect(broker.calls.slice(-3)).toEqual(['publish', 'drain', 'close']);
  expect(vi.getTimerCount()).toBe(0);
});

test('G11 closes are spread over the window, and each client is told when to return', async () => {
  const { notifier, streams, closedCount } = await node({ drainWindowMs: 1_000 }, 100);
  const draining = notifier.drain();
  await settle(500);
  expect(closedCount()).toBeGreaterThan(30);
  expect(closedCount()).toBeLessThan(70);
  await settle(600);
  await draining;
  const returns = streams.map(({ outlet }) => outlet.closes[0]?.returnMs ?? -1);
  for (const returnMs of returns) expect(returnMs).toBeGreaterThanOrEqual(0);
  for (const returnMs of returns) expect(returnMs).toBeLessThanOrEqual(1_000);
  expect(new Set(returns).size).toBeGreaterThan(50);
});

test('G11 no part of the window has more than its share, however the streams divide', async () => {
  const { notifier, closedCount } = await node({ drainWindowMs: 1_000 }, 21);
  const counts: number[] = [];
  const draining = notifier.drain();
  for (let quarter = 0; quarter < 4; quarter += 1) {
    const before = closedCount();
    await settle(250);
    counts.push(closedCount() - before);
  }
  await settle(100);
  await draining;
  expect(Math.max(...counts)).toBeLessThanOrEqual(7);
});

test('G11 a few streams do not take the whole window', async () => {
  const { notifier, closedCount } = await node({ drainWindowMs: 60_000 }, 5);
  const draining = notifier.drain();
  await settle(300);
  await draining;
  expect(closedCount()).toBe(5);
});

test('G11 for the grace everything is served while readiness says no; then nothing is taken on', async () => {
  const { notifier, streams, closedCount } = await node({ drainGraceMs: 5_000 }, 2);
  const draining = notifier.drain();
  expect(await notifier.health()).toMatchObject({ status: 'draining' });
  await settle(4_500);
  expect(closedCount()).toBe(0);
  const [late] = await Promise.all([attached(notifier), settle()]);
  notifier.enqueue(toUser);
  const [notified] = await Promise.all([notifier.notify(toUser), settle()]);
  expect(notified).toMatchObject({ stored: true });
  for (const outlet of [streams[1]?.outlet, late.outlet]) {
    expect(outlet?.offsets('user:1')).toEqual([1, 2]);
  }
  expect(closedCount()).toBe(0);
  await settle(450);
  expect(() => notifier.enqueue(toUser)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  await expect(notifier.notify(toUser)).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(attached(notifier)).rejects.toMatchObject({ code: 'CLOSED' });
  await settle(1_000);
  await draining;
  expect(late.outlet.closes).toMatchObject([{ code: 'DRAINING' }]);
});

test('G11 who only publishes, or has not started, needs no grace', async () => {
  const batch = await node({ drainGraceMs: 60_000, publishOnly: true });
  const unborn = testNotifier({ drainGraceMs: 60_000 }).notifier;
  const { passed, open } = gate();
  unborn.onDrain(() => passed);
  const drained = vi.fn();
  void Promise.all([batch.notifier.drain(), unborn.drain()]).then(drained);
  await expect(unborn.notify(toAll)).rejects.toMatchObject({ code: 'CLOSED' });
  open();
  await settle();
  expect(drained).toHaveBeenCalled();
});

test('G10 close during the grace ends it at once, without a timer left', async () => {
  const { notifier, streams } = await node({ drainGraceMs: 60_000 }, 2);
  const draining = notifier.drain();
  await settle();
  await notifier.close();
  await settle(0);
  expect(vi.getTimerCount()).toBe(0);
  await draining;
  expect(streams.map(({ outlet }) => outlet.closes.length)).toEqual([1, 1]);
});

test('G2 G3 G11 while the store is down streams are told within their window, and shown elsewhere what is stored after', async () => {
  const store = new SharedStore(memoryStore(), true);
  const one = await node({ store, whenStoreDown: 'buffer', drainWindowMs: 1_000 }, 40);
  const { cursor } = one.streams[1]?.outlet.readies[0] ?? {};
  store.fail('append', 'positions');
  const notifying = one.notifier.notify(toUser);
  await settle();
  expect(await notifying).toMatchObject({ buffered: true });
  one.notifier.enqueue(toUser);
  const drained = vi.fn();
  void one.notifier.drain().then(drained);
  await settle(1_100);
  expect(one.closedCount()).toBe(40);
  expect(drained).not.toHaveBeenCalled();
  store.recover();
  await settle(5_000);
  expect(drained).toHaveBeenCalled();
  expect(one.told).toEqual([]);
  const two = await node({ store });
  const [{ outlet }] = await Promise.all([attached(two.notifier, { cursor }), settle()]);
  expect(outlet.readies).toMatchObject([{ ready: { recovered: true } }]);
  expect(outlet.offsets('user:1')).toEqual([1, 2]);
  await two.notifier.close();
});

test('G6 G11 where the store stays down, what waits is undelivered after the patience, and the streams have gone', async () => {
  const { notifier, store, told, closedCount } = await node({ drainWindowMs: 1_000 }, 10);
  store.fail('append', 'positions');
  const id = notifier.enqueue(toUser);
  await settle();
  const draining = notifier.drain();
  await settle(1_100);
  expect(closedCount()).toBe(10);
  await settle(29_000);
  await draining;
  expect(told).toEqual([`${id} STORE_UNAVAILABLE`]);
  expect(vi.getTimerCount()).toBe(0);
});

test('G11 once nothing waits for the store it is asked no more, so that its own drain can end', async () => {
  const { notifier, store } = await node({});
  store.fail('append');
  // It hangs: each look at whether it is back takes as long as the store gives it.
  store.before.set('positions', () => new Promise(() => {}));
  await Promise.allSettled([notifier.notify(toUser), settle(1_500)]);
  const end = hold(store.before, 'drain');
  const draining = notifier.drain();
  await settle();
  const probes = () => store.positionCalls.filter(([channel]) => channel === 'all').length;
  const asked = probes();
  expect(asked).toBeGreaterThan(0);
  await settle(60_000);
  expect(probes()).toBe(asked);
  end();
  await Promise.all([draining, settle()]);
  expect(vi.getTimerCount()).toBe(0);
});

test('G6 G11 a source stops first: what it has begun is taken still', async () => {
  const { notifier, streams } = await node({}, 1);
  const { passed, open } = gate();
  const stored: boolean[] = [];
  notifier.onDrain(async () => {
    await passed;
    stored.push((await notifier.notify(toUser)).stored);
  });
  const never = vi.fn();
  notifier.onDrain(never)();
  const drained = vi.fn();
  void notifier.drain().then(drained);
  await settle(2_000);
  expect(streams[0]?.outlet.closes).toHaveLength(1);
  await expect(attached(notifier)).rejects.toMatchObject({ code: 'CLOSED' });
  expect(drained).not.toHaveBeenCalled();
  open();
  await settle();
  expect(drained).toHaveBeenCalled();
  expect(stored).toEqual([true]);
  expect(never).not.toHaveBeenCalled();
});

test('G10 a source that fails to stop, or never does, is logged and does not hold the drain for ever', async () => {
  const logger = new RecordingLogger();
  const { notifier } = await node({ logger });
  notifier.onDrain(() => {
    throw new Error('no such source');
  });
  notifier.onDrain(() => Promise.reject(new Error('stuck')));
  notifier.onDrain(() => new Promise(() => {}));
  const draining = notifier.drain();
  await settle(10_100);
  await draining;
  // Equal lines are written once in ten seconds.
  expect(logger.messages('warn')).toEqual([
    'a source failed to stop',
    'a source did not stop in time: the drain goes on without it',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test('G10 close during a drain ends it at once, without a timer left', async () => {
  const { notifier, streams } = await node({ drainWindowMs: 60_000 }, 100);
  notifier.onDrain(() => new Promise(() => {}));
  const draining = notifier.drain();
  await settle(1_000);
  await notifier.close();
  await settle(0);
  expect(vi.getTimerCount()).toBe(0);
  await draining;
  expect(streams.every(({ outlet }) => outlet.closes.length === 1)).toBe(true);
});

test('a stream that opens while the node drains is closed, and told to come back', async () => {
  const { notifier, store, broker } = await node({ drainWindowMs: 0 });
  const release = hold(store.before, 'positions');
  const outlet = new RecordingOutlet();
  const attaching = notifier.attach({
    principal: { userId: '1' },
    groups: [],
    outlet,
    isGone: () => false,
  });
  await settle();
  const finishing = hold(broker.before, 'drain');
  const draining = notifier.drain();
  await settle();
  release();
  await settle();
  await attaching;
  finishing();
  await draining;
  expect(outlet.closes).toMatchObject([{ code: 'DRAINING', returnMs: expect.any(Number) }]);
  expect(notifier.emitters.size).toBe(0);
});
