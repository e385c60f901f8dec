import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCatalogue } from '../catalogue/catalogue.js';
import { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import { FeedTable } from '../feeds/feed-table.js';
import { LimitCounters } from '../limits/counters.js';
import { memoryStore } from '../memory/memory-store.js';
import { silentLogger } from '../ports/logger.js';
import { NO_TAG } from '../positions/position.js';
import { feedContext, RecordingFollower } from '../test-doubles/feed-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import type { NotifyRequest } from './notify-request.js';
import { PublishQueue } from './publish-queue.js';
import { Publisher } from './publisher.js';
import { StoreBreaker } from './store-breaker.js';

const catalogue = defineCatalogue({ message: z.object({ text: z.string() }), tick: z.null() });
const hello = { type: 'message', data: { text: 'hello' } };
const toThree = { to: { users: ['3', '1', '2'] }, ...hello };

function parts({ maxUsers = 3 } = {}) {
  const store = new ObservedStore(memoryStore());
  const broker = new RecordingBroker();
  const counters = new LimitCounters();
  const feeds = new FeedTable({
    ...feedContext(store),
    broker,
    feedGraceMs: 1_000,
    positionCheckMs: 1_000,
    controlChannel: 'control',
    awake: () => {},
  });
  const publisher = new Publisher({
    catalogue,
    channelNames: new ChannelNames(),
    appender: new StoreBreaker({
      appender: store,
      store,
      logger: silentLogger,
      probedChannel: 'all',
      told: () => {},
    }),
    feeds,
    queue: new PublishQueue(
      broker,
      { maxQueued: 10_000, maxQueuedBytes: 100_000, maxBatch: 100, patienceMs: 1_000 },
      counters,
      () => {},
    ),
    counters,
    maxDataBytes: 100,
    maxUsers,
  });
  const publish = async (request: NotifyRequest) => {
    const prepared = publisher.prepare(request);
    return publisher.finish(prepared, await publisher.send(prepared));
  };
  /** What the store keeps of a channel. */
  const log = async (channel: string) =>
    (await store.readAfter([{ channel, after: 0, limit: 100 }]))[0]?.items ?? [];
  return { store, broker, feeds, publish, log, published: () => broker.published.flat() };
}

test('G6 a notification is stored and published on every channel, with one id', async () => {
  const { publish, log, published } = parts();
  const result = await publish(toThree);
  expect(result).toMatchObject({ stored: true, published: true, duplicate: false });
  expect(result.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(result.channels.map(({ channel }) => channel)).toEqual(['user:3', 'user:1', 'user:2']);
  for (const { channel, epoch, offset } of result.channels) {
    expect(await log(channel)).toEqual([
      {
        id: result.id,
        type: 'message',
        channel,
        epoch,
        offset: 1,
        previousTag: NO_TAG,
        time: result.time,
        dataJson: '{"text":"hello"}',
      },
    ]);
    expect(offset).toBe(1);
  }
  expect(published().map(({ channel }) => channel)).toEqual(['user:3', 'user:1', 'user:2']);
});

test('G1 own deliveries enter through the feed, at once and in offset order', async () => {
  const { feeds, publish } = parts();
  const feed = await feeds.acquire('user:1');
  await publish({ to: { user: '1' }, ...hello });
  await feed.mend();
  const follower = new RecordingFollower();
  feed.join(follower);
  await Promise.all(Array.from({ length: 5 }, () => publish({ to: { user: '1' }, ...hello })));
  expect(follower.offsets).toEqual([2, 3, 4, 5, 6]);
});

test('G1 publishing is FIFO by offset, however many publish at once', async () => {
  const { publish, published } = parts();
  await Promise.all(Array.from({ length: 50 }, () => publish({ to: { all: true }, ...hello })));
  expect(published().map(({ offset }) => offset)).toEqual(
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
});

test.each<[string, NotifyRequest, string]>([
  ['an unknown type', { to: { all: true }, type: 'nope', data: {} }, 'TYPE_UNKNOWN'],
  ['data against the schema', { to: { all: true }, type: 'message', data: {} }, 'DATA_INVALID'],
  [
    'data too large',
    { to: { all: true }, type: 'message', data: { text: 'x'.repeat(90) } },
    'DATA_TOO_LARGE',
  ],
  ['too many users', { ...toThree, to: { users: ['1', '2', '3', '4'] } }, 'AUDIENCE_INVALID'],
  ['a bad user id', { ...toThree, to: { user: 'a\nb' } }, 'CHANNEL_INVALID'],
  ['an empty key', { ...toThree, idempotencyKey: '' }, 'DATA_INVALID'],
  ['a key of 201 characters', { ...toThree, idempotencyKey: 'k'.repeat(201) }, 'DATA_INVALID'],
  ['a key that is ill-formed', { ...toThree, idempotencyKey: '\ud800' }, 'DATA_INVALID'],
  [
    'a bad key of an ephemeral one',
    { ...toThree, durable: false, idempotencyKey: '' },
    'DATA_INVALID',
  ],
])('%s is refused before anything is stored or published', async (_, request, code) => {
  const { store, publish, published } = parts();
  await expect(publish(request)).rejects.toMatchObject({ code });
  expect(store.appends).toEqual([]);
  expect(published()).toEqual([]);
});

test('G5 a retry gives the same result, marked as a duplicate, and is not published again', async () => {
  const { publish, published, log } = parts();
  const request = { ...toThree, idempotencyKey: 'k' };
  const first = await publish(request);
  expect(first.duplicate).toBe(false);
  const again = await publish(request);
  expect(again).toEqual({ ...first, duplicate: true });
  expect(published()).toHaveLength(3);
  expect(await log('user:2')).toHaveLength(1);
});

test('G5 retries at the same time give one notification', async () => {
  const { publish, published } = parts();
  const request = { ...toThree, idempotencyKey: 'k' };
  const results = await Promise.all(Array.from({ length: 10 }, () => publish(request)));
  expect(new Set(results.map(({ id }) => id)).size).toBe(1);
  expect(published()).toHaveLength(3);
});

test('G5 the same key with other data or another type is a conflict, and nothing is stored', async () => {
  const { publish, log } = parts();
  const to = { user: '1' };
  await publish({ to, ...hello, idempotencyKey: 'k' });
  const conflict = { code: 'IDEMPOTENCY_CONFLICT', retryable: false };
  const others = [
    { to, type: 'message', data: { text: 'other' }, idempotencyKey: 'k' },
    { to, type: 'tick', data: null, idempotencyKey: 'k' },
  ];
  for (const other of others) await expect(publish(other)).rejects.toMatchObject(conflict);
  await publish({ to: { user: '2' }, type: 'tick', data: null, idempotencyKey: 'k' });
  expect(await log('user:1')).toHaveLength(1);
});

/** Has the store fail the drafts of some channels. */
function failDrafts(store: ObservedStore, isDown: (channel: string) => boolean): void {
  const append = store.append.bind(store);
  const { error } = unavailable;
  store.append = async (drafts) => {
    const outcomes = await append(drafts.filter(({ channel }) => !isDown(channel)));
    const rest = [...outcomes];
    return drafts.map(({ channel }) => {
      const outcome = isDown(channel) ? undefined : rest.shift();
      return outcome ?? { status: 'failed', error };
    });
  };
}
const unavailable = { error: new NotifyError('STORE_UNAVAILABLE', 'no answer') };

test('G5 a publish to many channels that partly failed is finished by a retry, with the same id', async () => {
  const { store, publish, published, log } = parts();
  const append = store.append;
  failDrafts(store, (channel) => channel === 'user:2');
  const request = { ...toThree, idempotencyKey: 'k' };
  await expect(publish(request)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    retryable: true,
    message: expect.stringMatching(/^1 of 3 channels failed.*same idempotency key/),
  });
  // What was stored is shown and published nevertheless.
  expect(published().map(({ channel }) => channel)).toEqual(['user:1', 'user:3']);
  store.append = append;
  const result = await publish(request);
  expect(result).toMatchObject({ stored: true, duplicate: false });
  expect(published().map(({ channel }) => channel)).toEqual(['user:1', 'user:3', 'user:2']);
  const logs = await Promise.all(['user:1', 'user:2', 'user:3'].map(log));
  expect(logs.map((items) => items.map(({ id, time }) => [id, time]))).toEqual(
    Array.from({ length: 3 }, () => [[result.id, result.time]]),
  );
});

test('G5 a publish of which the first channel failed leaves the others alone and says so', async () => {
  const { store, publish, log } = parts();
  failDrafts(store, (channel) => channel === 'user:1');
  const request = { ...toThree, idempotencyKey: 'k' };
  await expect(publish(request)).rejects.toMatchObject({
    message: expect.stringMatching(/^3 of 3 channels failed/),
  });
  expect(await log('user:2')).toEqual([]);
});

test('which channels failed, and with what, is said; what can pass comes before what stays', async () => {
  const { store, publish } = parts();
  await publish({ to: { user: '3' }, type: 'tick', data: null, idempotencyKey: 'k' });
  failDrafts(store, (channel) => channel === 'user:2');
  const failure = { retryable: true, code: 'STORE_UNAVAILABLE' };
  await expect(publish({ ...toThree, idempotencyKey: 'k' })).rejects.toMatchObject({
    ...failure,
    failures: [
      { channel: 'user:3', code: 'IDEMPOTENCY_CONFLICT' },
      { channel: 'user:2', code: 'STORE_UNAVAILABLE' },
    ],
  });
  await expect(publish(toThree)).rejects.toMatchObject({
    ...failure,
    failures: [{ channel: 'user:2', code: 'STORE_UNAVAILABLE' }],
  });
});

test('a conflict on the first channel is one on all that were left alone', async () => {
  const { publish, log } = parts();
  await publish({ ...toThree, idempotencyKey: 'k' });
  const failures = ['3', '1', '2'].map((user) => ({
    channel: `user:${user}`,
    code: 'IDEMPOTENCY_CONFLICT',
  }));
  const other = { ...toThree, data: { text: 'other' }, idempotencyKey: 'k' };
  await expect(publish(other)).rejects.toMatchObject({ retryable: false, failures });
  for (const user of ['1', '2', '3']) expect(await log(`user:${user}`)).toHaveLength(1);
});

test('G6 a large audience is appended in parts, and the event loop has its turns in between', async () => {
  const { store, publish, log } = parts({ maxUsers: 2_000 });
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const users = Array.from({ length: 2_000 }, (_, i) => `u${i}`);
  for (const key of [{}, { idempotencyKey: 'k' }]) {
    store.appends.length = 0;
    turns = 0;
    const result = await publish({ to: { users }, ...hello, ...key });
    expect(turns).toBeGreaterThanOrEqual(store.appends.length - 2);
    expect(Math.max(...store.appends.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(result.channels.map(({ channel }) => channel)).toEqual(users.map((u) => `user:${u}`));
  }
  isDone = true;
  expect(await log('user:u1999')).toHaveLength(2);
});

test('without a key a partial failure does not promise that a retry finishes it', async () => {
  const { store, publish } = parts();
  failDrafts(store, (channel) => channel === 'user:2');
  const failure = await publish(toThree).catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: expect.stringMatching(/^1 of 3 channels failed/) });
  expect(failure).not.toMatchObject({ message: expect.stringContaining('same idempotency key') });
});

test('one channel that fails says what the store said', async () => {
  const { store, publish } = parts();
  failDrafts(store, () => true);
  const { error } = unavailable;
  await expect(publish({ to: { user: '1' }, ...hello })).rejects.toBe(error);
});

test('G6 stored but not published is said, and does not fail', async () => {
  const { broker, publish } = parts();
  broker.fail('publish');
  expect(await publish(toThree)).toMatchObject({ stored: true, published: false });
});

test('G7 an ephemeral notification is published and shown, but never stored', async () => {
  const { store, feeds, publish, published } = parts();
  const feed = await feeds.acquire('user:1');
  const follower = new RecordingFollower();
  feed.join(follower);
  const result = await publish({ ...toThree, durable: false, idempotencyKey: 'k' });
  expect(result).toMatchObject({ stored: false, published: true, duplicate: false });
  expect(result.channels).toContainEqual({ channel: 'user:1', epoch: null, offset: null });
  expect(store.appends).toEqual([]);
  expect(follower.outgoings.map(({ envelope }) => envelope.id)).toEqual([result.id]);
  expect(published()).toHaveLength(3);
  expect(published()[0]).not.toHaveProperty('idempotency');
});

test('a trace context goes along; what is not one is left out', async () => {
  const { publish, published } = parts();
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await publish({ to: { user: '1' }, ...hello, traceparent });
  await publish({ to: { user: '1' }, ...hello, traceparent: `${traceparent}\r\nx: y` });
  expect(published().map((envelope) => envelope.traceparent)).toEqual([traceparent, undefined]);
});
