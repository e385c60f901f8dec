import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { originPosition } from '../positions/position.js';
import { appendMany, appendOne } from '../test-doubles/envelopes.js';
import { feedContext, RecordingFollower } from '../test-doubles/feed-parts.js';
import { gate } from '../test-doubles/gate.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';
import { FeedTable } from './feed-table.js';

const channel = 'user:1';
const feedGraceMs = 5_000;
const positionCheckMs = 10_000;

beforeEach(() => {
  vi.useFakeTimers();
  // The longest period that the jitter allows.
  vi.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function parts() {
  const store = new ObservedStore(new MutableStore());
  const broker = new RecordingBroker();
  const context = feedContext(store);
  const table = new FeedTable({
    ...context,
    broker,
    feedGraceMs,
    positionCheckMs,
    controlChannel: 'control',
    awake: () => {},
  });
  table.start();
  return { store, broker, table, reads: context.reads };
}

async function acquired(table: FeedTable, name = channel) {
  const [feed] = await Promise.all([table.acquire(name), vi.advanceTimersByTimeAsync(5)]);
  return feed;
}

test('B2 the position is read only after the broker acknowledged the subscription', async () => {
  const { store, broker, table } = parts();
  const acknowledgement = gate();
  broker.before.set('subscribe', () => acknowledgement.passed);
  const acquiring = table.acquire(channel);
  await vi.advanceTimersByTimeAsync(100);
  expect(broker.calls).toEqual([`subscribe ${channel}`]);
  expect(store.positionCalls).toEqual([]);
  // Published before the acknowledgement, so that no wake-up ever comes for it.
  await appendMany(store, channel, 3);
  acknowledgement.open();
  await vi.advanceTimersByTimeAsync(5);
  expect((await acquiring).position.offset).toBe(3);
});

test('an envelope that comes between acknowledgement and position is not lost', async () => {
  const { store, table } = parts();
  await appendOne(store, channel, 1);
  store.after.set('positions', async () => table.offer([await appendOne(store, channel, 2)]));
  const feed = await acquired(table);
  expect(feed.position.offset).toBe(2);
});

test('channels asked for in one tick cost one subscription and one read', async () => {
  const { store, broker, table } = parts();
  const names = ['user:1', 'group:1', 'all', 'user:1'];
  const acquiring = Promise.all(names.map((name) => table.acquire(name)));
  await vi.advanceTimersByTimeAsync(5);
  const feeds = await acquiring;
  expect(broker.calls).toEqual(['subscribe user:1 group:1 all']);
  expect(store.positionCalls).toEqual([['user:1', 'group:1', 'all']]);
  expect(feeds[3]).toBe(feeds[0]);
  expect(table.size).toBe(3);
});

test('a broker that cannot subscribe now does not keep clients from what the store has', async () => {
  const { store, broker, table } = parts();
  broker.fail('subscribe');
  await appendMany(store, channel, 2);
  expect((await acquired(table)).position.offset).toBe(2);
});

test('a position that cannot be read rejects, and a later acquire works', async () => {
  const { store, broker, table } = parts();
  store.fail('positions');
  const failing = table.acquire(channel);
  const refused = expect(failing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await vi.advanceTimersByTimeAsync(5);
  await refused;
  store.recover();
  await appendOne(store, channel, 1);
  const feed = await acquired(table);
  expect(feed.position.offset).toBe(1);
  table.release(feed);
  await vi.advanceTimersByTimeAsync(feedGraceMs * 2);
  // The failed acquire left no reference behind.
  expect(table.size).toBe(0);
  expect(broker.calls.at(-1)).toBe(`unsubscribe ${channel}`);
});

test('a channel without emitters stays subscribed for the grace, then is let go of', async () => {
  const { broker, table } = parts();
  const feed = await acquired(table);
  expect(await acquired(table)).toBe(feed);
  table.release(feed);
  await vi.advanceTimersByTimeAsync(feedGraceMs * 2);
  expect(table.get(channel)).toBe(feed);
  table.release(feed);
  await vi.advanceTimersByTimeAsync(feedGraceMs - 1);
  expect(table.get(channel)).toBe(feed);
  expect(broker.calls).toEqual([`subscribe ${channel}`]);
  await vi.advanceTimersByTimeAsync(feedGraceMs);
  expect(table.get(channel)).toBeUndefined();
  expect(broker.calls).toEqual([`subscribe ${channel}`, `unsubscribe ${channel}`]);
  // Letting go again of what is gone harms nobody.
  const next = await acquired(table);
  table.release(feed);
  await vi.advanceTimersByTimeAsync(feedGraceMs * 3);
  expect(table.get(channel)).toBe(next);
});

test('a channel taken up again within the grace is neither unsubscribed nor read anew', async () => {
  const { store, broker, table } = parts();
  const feed = await acquired(table);
  table.release(feed);
  await vi.advanceTimersByTimeAsync(feedGraceMs - 1_000);
  expect(await acquired(table)).toBe(feed);
  await vi.advanceTimersByTimeAsync(feedGraceMs);
  expect(broker.calls).toEqual([`subscribe ${channel}`]);
  expect(store.positionCalls).toHaveLength(1);
});

test('G4 the position check finds a lost wake-up and mends it, within its period', async () => {
  const { store, table } = parts();
  const feed = await acquired(table);
  const follower = new RecordingFollower();
  feed.join(follower);
  await appendMany(store, channel, 3);
  await vi.advanceTimersByTimeAsync(positionCheckMs);
  expect(follower.offsets).toEqual([1, 2, 3]);
});

test('a position check that finds nothing reads no pages, and comes round again', async () => {
  const { store, table } = parts();
  await acquired(table);
  await vi.advanceTimersByTimeAsync(positionCheckMs * 3);
  expect(store.positionCalls).toHaveLength(4);
  expect(store.reads).toEqual([]);
});

test('G9 the position check asks for at most 500 channels at once', async () => {
  const { store, table } = parts();
  const acquiring = Promise.all(
    Array.from({ length: 1_001 }, (_, i) => table.acquire(`user:${i}`)),
  );
  await vi.advanceTimersByTimeAsync(5);
  await acquiring;
  store.positionCalls.length = 0;
  await vi.advanceTimersByTimeAsync(positionCheckMs);
  expect(store.positionCalls.map(({ length }) => length)).toEqual([500, 500, 1]);
});

test('a position check that fails is tried again after a second', async () => {
  const { store, table } = parts();
  const feed = await acquired(table);
  store.fail('positions');
  await appendOne(store, channel, 1);
  await vi.advanceTimersByTimeAsync(positionCheckMs);
  store.recover();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(feed.position.offset).toBe(1);
});

test('G4 a resync compares all feeds at once, or those that are named', async () => {
  const { store, table } = parts();
  const one = await acquired(table, 'user:1');
  const two = await acquired(table, 'user:2');
  await appendOne(store, 'user:1', 1);
  await appendOne(store, 'user:2', 1);
  table.resync(['user:2', 'user:unknown']);
  await vi.advanceTimersByTimeAsync(5);
  expect([one.position.offset, two.position.offset]).toEqual([0, 1]);
  table.resync();
  await vi.advanceTimersByTimeAsync(5);
  expect(one.position.offset).toBe(1);
});

test('G4 a resync while a position check is under way is not forgotten', async () => {
  const { store, table } = parts();
  const feed = await acquired(table);
  // The positions are read, then something is stored and its wake-up lost, then the link is back.
  store.after.set('positions', async () => {
    store.after.clear();
    await appendOne(store, channel, 1);
    table.resync();
  });
  await vi.advanceTimersByTimeAsync(positionCheckMs);
  await vi.advanceTimersByTimeAsync(100);
  expect(feed.position.offset).toBe(1);
});

test('envelopes of channels that nobody follows are passed over', async () => {
  const { store, table } = parts();
  table.offer([await appendOne(store, 'user:9', 1)]);
  expect(table.size).toBe(0);
});

test('G10 closed, it keeps no timer and delivers nothing', async () => {
  const { store, table, reads } = parts();
  await appendOne(store, channel, 1);
  const feed = await acquired(table);
  const follower = new RecordingFollower();
  feed.join(follower);
  const [, two] = await appendMany(store, channel, 2, 2);
  if (two !== undefined) table.offer([two]);
  await Promise.all([
    reads.sharedPageFrom(channel, originPosition),
    vi.advanceTimersByTimeAsync(5),
  ]);
  table.close();
  expect(vi.getTimerCount()).toBe(0);
  table.resync();
  await vi.advanceTimersByTimeAsync(positionCheckMs * 3);
  expect(follower.offsets).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
