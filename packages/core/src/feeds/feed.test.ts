import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { parseCursor } from '../positions/cursor.js';
import { originPosition } from '../positions/position.js';
import {
  appendMany,
  appendOne,
  positionOf,
  sampleEphemeral,
  sampleStored,
} from '../test-doubles/envelopes.js';
import { feedContext, openFeed, RecordingFollower } from '../test-doubles/feed-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { Feed } from './feed.js';

const channel = 'user:1';
const reorderMs = 20;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function follow(store: ObservedStore, fields: Parameters<typeof feedContext>[1] = {}) {
  const feed = await openFeed(store, channel, fields);
  const follower = new RecordingFollower();
  feed.join(follower);
  return { feed, follower };
}

test('G1 what comes next is delivered at once, without asking the store', async () => {
  const store = new ObservedStore(memoryStore());
  const seed = await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store);
  const next = await appendOne(store, channel, 2);
  feed.offer(next);
  expect(follower.offsets).toEqual([2]);
  expect(feed.position).toEqual(positionOf(next));
  expect(feed.recentAfter(positionOf(next))).toEqual([]);
  expect(feed.recentAfter(positionOf(seed))).toHaveLength(1);
  expect(store.reads).toEqual([]);
});

test('G2 an envelope that was seen, as the echo of an own one, is dropped', async () => {
  const store = new ObservedStore(memoryStore());
  const [first, second] = await appendMany(store, channel, 2);
  const { feed, follower } = await follow(store);
  const third = await appendOne(store, channel, 3);
  for (const each of [third, third, second, first, third]) if (each) feed.offer(each);
  await vi.advanceTimersByTimeAsync(reorderMs * 2);
  expect(follower.offsets).toEqual([3]);
  expect(store.reads).toEqual([]);
});

test('G1 a late envelope within reorderMs closes the hole without a read', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store, { reorderMs });
  const [two, three, four] = await appendMany(store, channel, 3, 2);
  if (!two || !three || !four) throw new Error('three envelopes are needed');
  feed.offer(four);
  feed.offer(three);
  await vi.advanceTimersByTimeAsync(reorderMs - 1);
  expect(follower.offsets).toEqual([]);
  feed.offer(two);
  expect(follower.offsets).toEqual([2, 3, 4]);
  await vi.advanceTimersByTimeAsync(reorderMs * 2);
  expect(store.reads).toEqual([]);
});

test('G4 a hole left after reorderMs is mended by one read for all followers', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store, { reorderMs });
  const others = Array.from({ length: 50 }, () => new RecordingFollower());
  for (const other of others) feed.join(other);
  const envelopes = await appendMany(store, channel, 5, 2);
  for (const each of envelopes.slice(2)) feed.offer(each);
  await vi.advanceTimersByTimeAsync(reorderMs - 1);
  expect(store.reads).toEqual([]);
  await vi.advanceTimersByTimeAsync(2);
  for (const each of [follower, ...others]) expect(each.offsets).toEqual([2, 3, 4, 5, 6]);
  expect(store.reads).toHaveLength(1);
  // The very same object goes to all, so its bytes are made once.
  expect(others[0]?.outgoings[0]).toBe(follower.outgoings[0]);
});

test('G4 a hole that opens while another is mended is mended too', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store, { reorderMs });
  const early = await appendMany(store, channel, 2, 2);
  let late: Awaited<ReturnType<typeof appendMany>> = [];
  store.after.set('readAfter', async () => {
    store.after.clear();
    late = await appendMany(store, channel, 2, 4);
    for (const each of late.slice(1)) feed.offer(each);
  });
  for (const each of early.slice(1)) feed.offer(each);
  await vi.advanceTimersByTimeAsync(reorderMs * 3);
  expect(late).toHaveLength(2);
  expect(follower.offsets).toEqual([2, 3, 4, 5]);
});

test('an envelope of another epoch is never believed: the store is asked', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store);
  feed.offer(sampleStored(channel, 2, { epoch: 'forged', dataJson: '"forged"' }));
  expect(follower.offsets).toEqual([]);
  await vi.advanceTimersByTimeAsync(reorderMs * 3);
  expect(store.reads).toHaveLength(1);
  expect(follower.offsets).toEqual([]);
  const real = await appendOne(store, channel, 2);
  feed.offer(real);
  expect(follower.outgoings.map(({ envelope }) => envelope)).toEqual([real]);
});

test('an envelope that the store does not have is given up, without asking again and again', async () => {
  const store = new ObservedStore(memoryStore());
  const first = await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store, { reorderMs });
  feed.offer(sampleStored(channel, 3, { epoch: first.epoch, dataJson: '"never stored"' }));
  await vi.advanceTimersByTimeAsync(reorderMs * 20);
  expect(store.reads.length).toBeLessThanOrEqual(2);
  const real = await appendMany(store, channel, 2, 2);
  for (const each of real) feed.offer(each);
  expect(follower.outgoings.map(({ envelope }) => envelope)).toEqual(real);
});

test("the first notification of a channel without a log is shown, and the log's epoch adopted", async () => {
  const store = new ObservedStore(memoryStore());
  const { feed, follower } = await follow(store);
  expect(feed.position).toEqual(originPosition);
  const first = await appendOne(store, channel, 1);
  feed.offer(first);
  await vi.advanceTimersByTimeAsync(1);
  expect(follower.offsets).toEqual([1]);
  expect(feed.position).toEqual(positionOf(first));
});

test('what was offered before the position was known follows in order, the rest is dropped', async () => {
  const store = new ObservedStore(memoryStore());
  const [one, two, three, four] = await appendMany(store, channel, 4);
  if (!one || !two || !three || !four) throw new Error('four envelopes are needed');
  const feed = new Feed(channel, feedContext(store, { reorderMs }));
  const follower = new RecordingFollower();
  feed.join(follower);
  for (const each of [four, one, three]) feed.offer(each);
  expect(follower.offsets).toEqual([]);
  feed.open(positionOf(two));
  expect(follower.offsets).toEqual([3, 4]);
  await vi.advanceTimersByTimeAsync(reorderMs * 3);
  expect(store.reads).toEqual([]);
});

test('G7 an ephemeral notification is shown at once and moves no position', async () => {
  const store = new ObservedStore(memoryStore());
  const first = await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store);
  feed.offer(sampleEphemeral(channel, 9));
  expect(follower.offsets).toEqual([null]);
  expect(feed.position).toEqual(positionOf(first));
  expect(feed.recentAfter(positionOf(first))).toBeUndefined();
});

test('G7 nobody is shown an ephemeral notification by a feed that is not open', () => {
  const feed = new Feed(channel, feedContext(memoryStore()));
  const follower = new RecordingFollower();
  feed.join(follower);
  feed.offer(sampleEphemeral(channel, 1));
  expect(follower.outgoings).toEqual([]);
  expect(() => feed.position).toThrow('not open');
});

test('G9 at most maxHeld envelopes wait; the others are read from the store', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store, { maxHeld: 3, reorderMs });
  const envelopes = await appendMany(store, channel, 10, 2);
  for (const each of envelopes.slice(1)) feed.offer(each);
  // Were more than three held, they would follow now that the hole is closed.
  for (const each of envelopes.slice(0, 1)) feed.offer(each);
  expect(follower.offsets).toEqual([2, 3, 4, 5]);
  await vi.advanceTimersByTimeAsync(reorderMs * 3);
  feed.offer(await appendOne(store, channel, 12));
  await vi.advanceTimersByTimeAsync(reorderMs * 3);
  expect(follower.offsets).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('the cursor entry is the position, made anew when it moves', async () => {
  const store = new ObservedStore(memoryStore());
  const first = await appendOne(store, channel, 1);
  const { feed } = await follow(store);
  const before = feed.cursorEntry;
  expect(parseCursor(`c1~${before}`).get(feed.key)).toEqual(positionOf(first));
  expect(feed.cursorEntry).toBe(before);
  const second = await appendOne(store, channel, 2);
  feed.offer(second);
  expect(parseCursor(`c1~${feed.cursorEntry}`).get(feed.key)).toEqual(positionOf(second));
});

test('who left gets nothing more, and a closed feed delivers nothing and keeps no timer', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const { feed, follower } = await follow(store);
  const stays = new RecordingFollower();
  feed.join(stays);
  feed.leave(follower);
  feed.offer(await appendOne(store, channel, 2));
  expect(follower.offsets).toEqual([]);
  expect(stays.offsets).toEqual([2]);
  const [, four] = await appendMany(store, channel, 2, 3);
  if (four) feed.offer(four);
  feed.close();
  expect(vi.getTimerCount()).toBe(0);
  for (const each of (await store.readAfter([{ channel, after: 2, limit: 9 }]))[0]?.items ?? []) {
    feed.offer(each);
  }
  feed.offer(sampleEphemeral(channel, 5));
  expect(stays.offsets).toEqual([2]);
  expect(feed.followers.size).toBe(0);
});
