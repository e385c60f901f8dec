import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NotifyError } from '../errors/notify-error.js';
import { LimitCounters } from '../limits/counters.js';
import { sampleStored } from '../test-doubles/envelopes.js';
import { type Gate, gate } from '../test-doubles/gate.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import { type PublishLimits, PublishQueue } from './publish-queue.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(1);

function parts(fields: Partial<PublishLimits> = {}) {
  const limits = {
    maxQueued: 100,
    maxQueuedBytes: 10_000,
    maxBatch: 10,
    patienceMs: 1_000,
    ...fields,
  };
  const broker = new RecordingBroker();
  const failures: { readonly error: NotifyError; readonly count: number }[] = [];
  const counters = new LimitCounters();
  const queue = new PublishQueue(broker, limits, counters, (error, count) =>
    failures.push({ error, count }),
  );
  const publish = (offset: number) => queue.publish([sampleStored('user:1', offset)]);
  const batches = () => broker.published.map((batch) => batch.map(({ offset }) => offset));
  return { broker, queue, counters, failures, publish, batches };
}

/** Makes each call to the broker wait for the function that is returned to be called. */
function held(broker: RecordingBroker): () => void {
  const gates: Gate[] = [];
  broker.before.set('publish', () => {
    const next = gate();
    gates.push(next);
    return next.passed;
  });
  return () => gates.shift()?.open();
}

test('what is published in one tick goes in one call, in order', async () => {
  const { publish, batches } = parts();
  const results = Promise.all([publish(1), publish(2), publish(3)]);
  expect(batches()).toEqual([]);
  await settle();
  expect(batches()).toEqual([[1, 2, 3]]);
  expect(await results).toEqual([true, true, true]);
});

test('one call is under way at a time; what comes up meanwhile goes together in the next', async () => {
  const { broker, publish, batches } = parts();
  const release = held(broker);
  void publish(1);
  await settle();
  for (const offset of [2, 3, 4]) void publish(offset);
  await settle();
  expect(batches()).toEqual([[1]]);
  release();
  await settle();
  expect(batches()).toEqual([[1], [2, 3, 4]]);
});

test('a call carries at most maxBatch, and the order stays', async () => {
  const { publish, batches } = parts({ maxQueued: 100, maxBatch: 2 });
  for (const offset of [1, 2, 3, 4, 5]) void publish(offset);
  await settle();
  expect(batches()).toEqual([[1, 2], [3, 4], [5]]);
});

test('G9 beyond maxQueued nothing is queued, and the publisher is told', async () => {
  const { broker, queue, counters, publish, failures, batches } = parts({
    maxQueued: 2,
    maxBatch: 1,
  });
  const release = held(broker);
  const accepted = [publish(1)];
  await settle();
  accepted.push(publish(2), publish(3));
  expect(queue.size).toBe(2);
  expect(await publish(4)).toBe(false);
  expect(failures).toMatchObject([{ error: { code: 'BROKER_UNAVAILABLE' }, count: 1 }]);
  expect(counters.snapshot().publishQueue).toBe(1);
  for (let call = 0; call < 3; call += 1) {
    release();
    await settle();
  }
  expect(await Promise.all(accepted)).toEqual([true, true, true]);
  expect(batches()).toEqual([[1], [2], [3]]);
  const later = publish(5);
  await settle();
  release();
  expect(await later).toBe(true);
});

test('G9 beyond maxQueuedBytes nothing is queued, and room comes back as calls are made', async () => {
  const bytes = Buffer.byteLength(sampleStored('user:1', 1).dataJson);
  const { broker, queue, publish, failures, batches } = parts({ maxQueuedBytes: 2 * bytes });
  const release = held(broker);
  void publish(1);
  await settle();
  const accepted = [publish(2), publish(3)];
  expect(await publish(4)).toBe(false);
  expect(failures).toMatchObject([{ error: { code: 'BROKER_UNAVAILABLE' }, count: 1 }]);
  release();
  await settle();
  accepted.push(publish(5), publish(6));
  expect(await publish(7)).toBe(false);
  expect(queue.size).toBe(2);
  for (let call = 0; call < 2; call += 1) {
    release();
    await settle();
  }
  expect(await Promise.all(accepted)).toEqual([true, true, true, true]);
  expect(batches()).toEqual([[1], [2, 3], [5, 6]]);
});

test('a notification to many channels counts its data once, the same data of others again', async () => {
  const { queue, failures } = parts({ maxQueuedBytes: 20 });
  const dataJson = '"ten bytes"';
  for (const [offset, users] of [3, 1].entries()) {
    for (let user = 0; user < users; user += 1) {
      void queue.publish([sampleStored(`user:${user}`, offset, { dataJson })]);
    }
  }
  await settle();
  expect(failures).toHaveLength(1);
});

test('a broker that fails is reported with how many, and the queue goes on', async () => {
  const { broker, publish, failures } = parts({ maxQueued: 100, maxBatch: 2 });
  broker.fail('publish');
  const failed = Promise.all([publish(1), publish(2), publish(3)]);
  await settle();
  expect(await failed).toEqual([false, false, false]);
  expect(failures.map(({ count }) => count)).toEqual([2, 1]);
  broker.before.clear();
  const later = publish(4);
  await settle();
  expect(await later).toBe(true);
});

test('whatever a broker throws is reported as BROKER_UNAVAILABLE with its cause', async () => {
  const { broker, publish, failures } = parts();
  const cause = new Error('socket hang up');
  broker.before.set('publish', () => Promise.reject(cause));
  const result = publish(1);
  await settle();
  expect(await result).toBe(false);
  expect(failures[0]?.error).toMatchObject({ code: 'BROKER_UNAVAILABLE', cause });
});

test('drain resolves when nothing is waiting or under way, and at once where nothing is', async () => {
  const { broker, queue, publish } = parts();
  await queue.drain();
  const release = held(broker);
  void publish(1);
  await settle();
  void publish(2);
  const drained = vi.fn();
  const draining = queue.drain().then(drained);
  release();
  await settle();
  expect(drained).not.toHaveBeenCalled();
  release();
  await settle();
  await draining;
  expect(queue.size).toBe(0);
});

test('a broker that does not answer holds nobody up, and still gets all in order', async () => {
  const { broker, publish, batches } = parts();
  const release = held(broker);
  const early = publish(1);
  await settle();
  const waiting = publish(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all([early, waiting, publish(3)])).toEqual([false, false, false]);
  release();
  await settle();
  release();
  await settle();
  expect(batches()).toEqual([[1], [2, 3]]);
  const later = publish(4);
  await settle();
  release();
  expect(await later).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('close lets nobody wait any longer and leaves no timer', async () => {
  const { broker, queue, publish, batches } = parts();
  held(broker);
  const pending = [publish(1), publish(2)];
  await settle();
  pending.push(publish(3));
  queue.close();
  expect(await Promise.all(pending)).toEqual([false, false, false]);
  expect(vi.getTimerCount()).toBe(0);
  expect(batches()).toEqual([[1, 2]]);
});
