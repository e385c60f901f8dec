import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { heldAppends, queueParts } from '../test-doubles/queue-parts.js';
import type { NotifyRequest } from './notify-request.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 10) => vi.advanceTimersByTimeAsync(ms);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const toOne: NotifyRequest = { to: { user: '1' }, type: 'message', data: { n: 1 } };

test('an enqueued notification is stored under the id that was returned, announced and told', async () => {
  const { queue, add, log, published, notified } = queueParts();
  const id = add(7, '1');
  expect(queue.size).toBe(1);
  await settle();
  expect(await log('1')).toEqual([7]);
  expect(published()).toMatchObject([{ id, channel: 'user:1', offset: 1 }]);
  expect(published()[0]).not.toHaveProperty('idempotency');
  expect(notified).toEqual([id]);
  expect(queue.size).toBe(0);
});

test.each<[string, NotifyRequest, string]>([
  ['an unknown type', { ...toOne, type: 'nope' }, 'TYPE_UNKNOWN'],
  ['data against the schema', { ...toOne, data: {} }, 'DATA_INVALID'],
  ['an empty audience', { ...toOne, to: { users: [] } }, 'AUDIENCE_INVALID'],
  ['a bad user id', { ...toOne, to: { user: 'a\nb' } }, 'CHANNEL_INVALID'],
  ['an empty key', { ...toOne, idempotencyKey: '' }, 'DATA_INVALID'],
])('%s is thrown at once, and nothing is kept', (_, request, code) => {
  const { queue, store, undelivered } = queueParts();
  expect(() => queue.enqueue(request)).toThrow(expect.objectContaining({ code }));
  expect(queue.size).toBe(0);
  expect(store.appends).toEqual([]);
  expect(undelivered).toEqual([]);
});

test('G9 beyond maxEnqueued, those under way counted, it refuses; room comes back', async () => {
  const { store, queue, counters, add, log } = queueParts({
    maxEnqueued: 3,
    enqueueConcurrency: 1,
  });
  const release = heldAppends(store);
  for (const n of [1, 2, 3]) add(n, '1');
  expect(() => add(4, '2')).toThrow(
    expect.objectContaining({
      code: 'LIMIT_EXCEEDED',
      retryable: true,
      message: expect.stringContaining('maxEnqueued'),
    }),
  );
  expect(counters.snapshot().enqueued).toBe(1);
  release();
  await settle();
  expect(queue.size).toBe(2);
  add(5, '1');
  store.before.clear();
  release();
  await settle();
  expect(await log('1')).toEqual([1, 2, 3, 5]);
});

test('G9 beyond maxEnqueuedBytes it refuses; room comes back, also from what was given up', async () => {
  // Each takes 7 of data, 6 of the channel's name, and 128 for its place in line.
  const { queue, add, log, undelivered } = queueParts({ maxEnqueuedBytes: 282 });
  const addKeyed = (n: number) => queue.enqueue({ ...toOne, data: { n }, idempotencyKey: 'k' });
  for (const first of [1, 3]) {
    addKeyed(first);
    addKeyed(first + 1);
    expect(() => add(9, '1')).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining('maxEnqueuedBytes'),
      }),
    );
    await settle();
  }
  expect(await log('1')).toEqual([1]);
  expect(undelivered).toHaveLength(3);
});

test('so many appends are under way at a time, and one per channel', async () => {
  const { store, add, log } = queueParts({ enqueueConcurrency: 3 });
  const release = heldAppends(store);
  for (const user of ['1', '1', '2', '3', '4']) add(0, user);
  await settle();
  const channels = () => store.appends.flat().map(({ channel }) => channel);
  expect(channels()).toEqual(['user:1', 'user:2', 'user:3']);
  release();
  await settle();
  expect(channels()).toEqual(['user:1', 'user:2', 'user:3', 'user:4']);
  release();
  await settle();
  expect(channels().at(-1)).toBe('user:1');
  for (const _ of numbers(3)) release();
  await settle();
  expect(await log('1')).toEqual([0, 0]);
});

test('a broker that does not answer holds up nobody', async () => {
  const { broker, add, log } = queueParts();
  broker.before.set('publish', () => new Promise(() => {}));
  for (const n of numbers(20)) add(n, '1');
  await settle();
  expect(await log('1')).toEqual(numbers(20));
});

test('what trying again cannot mend is given up at once, and those behind it go on', async () => {
  const { queue, add, log, undelivered } = queueParts();
  queue.enqueue({ ...toOne, idempotencyKey: 'k' });
  const request = { ...toOne, data: { n: 2 }, idempotencyKey: 'k' };
  const id = queue.enqueue(request);
  add(3, '1');
  await settle();
  const error = expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(undelivered).toEqual([{ id, request, error }]);
  expect(await log('1')).toEqual([1, 3]);
});

test('G7 ephemeral ones are published in order, and never stored', async () => {
  const { store, queue, add, published, notified } = queueParts();
  const ephemeral = (n: number) =>
    queue.enqueue({ to: { user: '1' }, type: 'message', data: { n }, durable: false });
  const ids = [ephemeral(1), add(2, '1'), ephemeral(3)];
  await settle();
  expect(published().map(({ id, offset }) => [id, offset])).toEqual([
    [ids[0], null],
    [ids[1], 1],
    [ids[2], null],
  ]);
  expect(store.appends).toHaveLength(1);
  expect(notified).toEqual(ids);
});

test('recipients are asked for in the background: unknown ones end as undelivered, unasked ones are tried again', async () => {
  let isAway = true;
  const { queue, add, log, undelivered } = queueParts({
    unknownRecipients: () => {
      if (isAway) throw new Error('the database is away');
      return ['nobody'];
    },
  });
  add(1, '1');
  const id = add(2, '2', 'nobody');
  queue.enqueue({ to: { all: true }, type: 'message', data: { n: 3 } });
  await settle(1_000);
  expect(await log('1')).toEqual([]);
  isAway = false;
  await settle(5_000);
  expect(await log('1')).toEqual([1]);
  expect(await log('2')).toEqual([]);
  expect(undelivered).toMatchObject([{ id, error: { code: 'RECIPIENT_UNKNOWN' } }]);
  expect(queue.size).toBe(0);
});
