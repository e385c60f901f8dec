import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { failAppends, heldAppends, queueParts } from '../test-doubles/queue-parts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 10) => vi.advanceTimersByTimeAsync(ms);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('a failure that can pass is tried again with pauses, and overtaken by none of its channel', async () => {
  const { store, add, log, undelivered } = queueParts();
  failAppends(store, 'before', 5);
  for (const n of numbers(4)) add(n, '1');
  await settle();
  // Once more at once where a read succeeded: it may have been that one append.
  expect(store.appends.length).toBeLessThanOrEqual(2);
  await settle(29_000);
  expect(await log('1')).toEqual([0, 1, 2, 3]);
  expect(store.appends).toHaveLength(9);
  expect(undelivered).toEqual([]);
});

test('G5 an answer that was lost does not store it twice, whoever made the key', async () => {
  const { store, queue, add, log } = queueParts();
  failAppends(store, 'after', 2);
  add(1, '1');
  queue.enqueue({
    to: { users: ['2', '3'] },
    type: 'message',
    data: { n: 1 },
    idempotencyKey: 'k',
  });
  await settle(5_000);
  for (const user of ['1', '2', '3']) expect(await log(user)).toHaveLength(1);
});

test('what failed on some channels is finished, under one id', async () => {
  const { store, add, published, undelivered } = queueParts();
  const append = store.append.bind(store);
  store.append = async (drafts) => {
    Reflect.deleteProperty(store, 'append');
    const error = new NotifyError('STORE_UNAVAILABLE', 'this one is away');
    return (await append(drafts.slice(0, 1))).concat({ status: 'failed', error });
  };
  // The first channel goes ahead, so it is the second call that fails in part.
  const first = store.append;
  store.append = async (drafts) => {
    store.append = first;
    return append(drafts);
  };
  const id = add(1, '1', '2', '3');
  await settle(5_000);
  expect(published().map((envelope) => [envelope.channel, envelope.id])).toEqual([
    ['user:1', id],
    ['user:2', id],
    ['user:3', id],
  ]);
  expect(undelivered).toEqual([]);
});

test('other channels do not wait for one that is tried again', async () => {
  const { store, add, log } = queueParts();
  const append = store.append.bind(store);
  store.append = async (drafts) => {
    if (drafts[0]?.channel === 'user:1') throw new NotifyError('STORE_UNAVAILABLE', 'away');
    return append(drafts);
  };
  for (const user of ['1', '2', '3']) add(1, user);
  await settle();
  expect(await log('2')).toEqual([1]);
  expect(await log('3')).toEqual([1]);
});

test('after the patience an outage ends in undelivered, also for those that had no turn', async () => {
  const { store, queue, add, log, undelivered } = queueParts({
    enqueueConcurrency: 2,
    enqueuePatienceMs: 1_000,
  });
  store.fail('append', 'positions');
  const ids = numbers(6).map((n) => add(n, `${n % 3}`));
  await settle(900);
  expect(undelivered).toEqual([]);
  await settle(200);
  expect(undelivered.map(({ id }) => id).sort()).toEqual([...ids].sort());
  for (const { error } of undelivered) expect(error.code).toBe('STORE_UNAVAILABLE');
  // A store that is down is not asked for each of those that waited.
  const tried = new Set(store.appends.flat().map(({ channel }) => channel));
  expect(tried).toEqual(new Set(['user:0', 'user:1']));
  expect(queue.size).toBe(0);
  // Only the probe of the breaker.
  expect(vi.getTimerCount()).toBe(1);
  store.recover();
  await settle(2_000);
  add(9, '1');
  await settle();
  expect(vi.getTimerCount()).toBe(0);
  expect(await log('1')).toEqual([9]);
});

test('a store that is only slow, after an outage too, gets everything, however long it takes', async () => {
  const { store, add, log, undelivered } = queueParts({
    enqueueConcurrency: 1,
    enqueuePatienceMs: 1_000,
  });
  failAppends(store, 'before', 1);
  store.after.set('append', () => new Promise((resolve) => setTimeout(resolve, 400)));
  for (const n of numbers(10)) add(n, '1');
  await settle(5_000);
  expect(await log('1')).toEqual(numbers(10));
  expect(undelivered).toEqual([]);
});

test('drain resolves when all is stored, and at once where nothing is', async () => {
  const { store, queue, add, log } = queueParts();
  await queue.drain();
  const release = heldAppends(store);
  for (const n of numbers(2)) add(n, '1');
  const drained = vi.fn();
  void queue.drain().then(drained);
  await settle();
  release();
  await settle();
  expect(drained).not.toHaveBeenCalled();
  release();
  await settle();
  expect(drained).toHaveBeenCalled();
  expect(await log('1')).toEqual([0, 1]);
});

test('drain ends within the patience during an outage', async () => {
  const { store, queue, add, undelivered } = queueParts({ enqueuePatienceMs: 1_000 });
  store.fail('append');
  for (const n of numbers(20)) add(n, `${n}`);
  const draining = queue.drain();
  await settle(1_100);
  await draining;
  expect(undelivered).toHaveLength(20);
});

test('G10 close reports what is left as undelivered, in order, and leaves no timer', async () => {
  const { store, breaker, queue, add, undelivered, published, notified } = queueParts();
  const release = heldAppends(store);
  const ids = [add(1, '1'), add(2, '1')];
  await settle();
  failAppends(store, 'before', 100);
  ids.push(add(3, '3'), add(4, '3'));
  await settle(1_000);
  const draining = queue.drain();
  queue.close();
  breaker.close();
  await draining;
  expect(undelivered.map(({ id }) => id)).toEqual(ids);
  for (const { error } of undelivered) expect(error.code).toBe('CLOSED');
  expect(vi.getTimerCount()).toBe(0);
  release();
  await settle();
  expect(published()).toEqual([]);
  expect(notified).toEqual([]);
  expect(undelivered).toHaveLength(4);
  expect(store.appends.filter(([draft]) => draft?.channel === 'user:1')).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('whatever a store throws ends as STORE_UNAVAILABLE with its cause', async () => {
  const { store, add, undelivered } = queueParts({ enqueuePatienceMs: 100 });
  const cause = new TypeError('a bug of the store');
  store.before.set('append', () => Promise.reject(cause));
  add(1, '1');
  await settle(200);
  expect(undelivered).toMatchObject([{ error: { code: 'STORE_UNAVAILABLE', cause } }]);
});

test('many that are given up make few log lines, and the lines count them all', async () => {
  const { store, queue, add, logger } = queueParts({ enqueuePatienceMs: 100 });
  store.fail('append');
  for (const n of numbers(500)) add(n, `${n}`);
  await settle(1_000);
  await queue.drain();
  expect(logger.messages('error')).toHaveLength(2);
  const counts = logger.lines.flatMap(({ facts }) => ('count' in facts ? [facts.count] : []));
  expect(counts).toEqual([1, 499]);
});

test('a listener may enqueue again what was given up, though the queue was full', async () => {
  const { store, queue, add, log, undelivered } = queueParts({
    maxEnqueued: 1,
    enqueuePatienceMs: 100,
  });
  store.fail('append');
  undelivered.push = (...each) => {
    store.recover();
    for (const { request } of each) queue.enqueue(request);
    return 0;
  };
  add(1, '1');
  await settle(1_000);
  expect(await log('1')).toEqual([1]);
});
