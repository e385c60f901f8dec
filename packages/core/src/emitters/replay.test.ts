import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NO_EPOCH, originPosition, type Position } from '../positions/position.js';
import { EmitterParts, offsetIn } from '../test-doubles/emitter-parts.js';
import { appendMany, appendOne, positionOf } from '../test-doubles/envelopes.js';
import type { FeedFields } from '../test-doubles/feed-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(200);

/** A feed at the end of a log of `count`, and a client that stands after the first `seen`. */
async function behind(
  seen: number,
  count: number,
  fields: Partial<FeedFields & { maxBufferedBytes: number; takes: boolean }> = {},
) {
  const { takes = true, ...context } = fields;
  const truth = new MutableStore();
  const store = new ObservedStore(truth);
  const envelopes = await appendMany(truth, channel, count);
  const parts = new EmitterParts(store, context);
  const feed = await parts.feed(channel);
  const outlet = new RecordingOutlet(takes);
  const emitter = parts.emitter(outlet);
  const last = envelopes[seen - 1];
  const origin = { ...originPosition, epoch: feed.position.epoch };
  const position: Position = last === undefined ? origin : positionOf(last);
  const start = { position, recovered: true };
  // A replay that never ends would hang the test instead of failing it.
  store.before.set('readAfter', async () => {
    if (store.reads.length > 60) throw new Error('too many reads');
  });
  return { truth, store, parts, feed, outlet, emitter, start };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test('G3 a client catches up page by page and goes live where the feed stands', async () => {
  const { store, feed, outlet, emitter, start } = await behind(3, 20, { pageItems: 5 });
  emitter.follow(feed, start);
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(4, 20));
  expect(outlet.writes.map(({ cursor }) => offsetIn(cursor, channel))).toEqual([8, 13, 18, 20]);
  expect(store.reads).toHaveLength(4);
  feed.offer(await appendOne(store, channel, 21));
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(4, 21));
  expect(outlet.readies).toEqual([]);
});

test('G3 what the ring has is queued before follow returns, without a read', async () => {
  const { store, feed, outlet, emitter } = await behind(3, 3);
  const [four] = await appendMany(store, channel, 1, 4);
  if (four === undefined) throw new Error('an envelope is needed');
  feed.offer(four);
  for (const each of await appendMany(store, channel, 5, 5)) feed.offer(each);
  emitter.follow(feed, { position: positionOf(four), recovered: true });
  expect(feed.followers.size).toBe(1);
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(5, 9));
  expect(store.reads).toEqual([]);
});

test('pages are pulled only as the client takes them, and a slow client is not closed for its replay', async () => {
  const fields = { pageItems: 5, maxBufferedBytes: 1, takes: false };
  const { store, feed, outlet, emitter, start } = await behind(0, 20, fields);
  emitter.follow(feed, start);
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(1, 5));
  expect(store.reads).toHaveLength(1);
  for (let page = 2; page <= 4; page += 1) {
    outlet.take();
    await settle();
    expect(outlet.offsets(channel)).toEqual(range(1, page * 5));
  }
  outlet.take();
  await settle();
  feed.offer(await appendOne(store, channel, 21));
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(1, 21));
  expect(outlet.closes).toEqual([]);
});

test('G2 what is published during a replay comes once, in its place', async () => {
  const { store, feed, outlet, emitter, start } = await behind(0, 7, {
    pageItems: 3,
    takes: false,
  });
  emitter.follow(feed, start);
  let n = 7;
  while (!feed.followers.has(emitter)) {
    n += 1;
    feed.offer(await appendOne(store, channel, n));
    await settle();
    outlet.take();
  }
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(1, n));
});

test('a client that stood where a channel had no log yet sees its first notifications', async () => {
  const truth = new MutableStore();
  const parts = new EmitterParts(truth);
  const feed = await parts.feed(channel);
  const start = { position: feed.position, recovered: true };
  expect(start.position.epoch).toBe(NO_EPOCH);
  // The log begins while the client's other channels are looked up.
  for (const each of await appendMany(truth, channel, 2)) feed.offer(each);
  await settle();
  const outlet = new RecordingOutlet();
  parts.emitter(outlet).follow(feed, start);
  await settle();
  expect(outlet.offsets(channel)).toEqual([1, 2]);
  expect(outlet.readies).toEqual([]);
});

test('a feed that missed a wake-up is mended for who stands before it', async () => {
  const { truth, feed, outlet, emitter } = await behind(5, 5);
  const more = await appendMany(truth, channel, 3, 6);
  const last = more.at(-1);
  if (last === undefined) throw new Error('an envelope is needed');
  emitter.follow(feed, { position: positionOf(last), recovered: true });
  await settle();
  expect(feed.position).toEqual(positionOf(last));
  expect(feed.followers.has(emitter)).toBe(true);
  expect(outlet.writes).toEqual([]);
});

test('items that expired one by one are passed over, and the client goes live', async () => {
  const { truth, feed, outlet, emitter, start } = await behind(0, 9, { pageItems: 3 });
  truth.expire(channel, 2, 3, 8, 9);
  emitter.follow(feed, start);
  await settle();
  expect(outlet.offsets(channel)).toEqual([1, 4, 5, 6, 7]);
  expect(feed.followers.has(emitter)).toBe(true);
  expect(offsetIn(emitter.cursor(), channel)).toBe(9);
});

test('G3 history trimmed during a replay is told once, and the client goes on at the feed', async () => {
  const fields = { pageItems: 3, takes: false };
  const { truth, feed, outlet, emitter, start } = await behind(0, 12, fields);
  emitter.follow(feed, start);
  await settle();
  truth.trim(channel, 9);
  outlet.take();
  await settle();
  expect(outlet.offsets(channel)).toEqual([1, 2, 3]);
  expect(outlet.readies.map(({ ready }) => ready.recovered)).toEqual([false]);
  expect(offsetIn(outlet.readies[0]?.cursor ?? '', channel)).toBe(12);
  feed.offer(await appendOne(truth, channel, 13));
  await settle();
  expect(outlet.offsets(channel)).toEqual([1, 2, 3, 13]);
});

test('G3 a store that lost data below a replay is found by the replay itself, and told once', async () => {
  const { truth, store, feed, outlet, emitter, start } = await behind(0, 12, {
    pageItems: 3,
    takes: false,
  });
  emitter.follow(feed, start);
  await settle();
  truth.loseAfter(channel, 2);
  outlet.take();
  await settle();
  expect(store.renewals).toEqual([channel]);
  expect(outlet.readies.map(({ ready }) => ready.recovered)).toEqual([false]);
  expect(outlet.offsets(channel)).toEqual([1, 2, 3]);
  expect(offsetIn(emitter.cursor(), channel)).toBe(2);
  expect(emitter.closed).toBe(false);
});

test('G3 a store that lost what a replay was still to read is found by the replay itself', async () => {
  const { truth, store, feed, outlet, emitter, start } = await behind(0, 12, { pageItems: 3 });
  truth.loseAfter(channel, 5);
  emitter.follow(feed, start);
  await settle();
  expect(store.renewals).toEqual([channel]);
  expect(outlet.readies.map(({ ready }) => ready.recovered)).toEqual([false]);
  expect(feed.followers.has(emitter)).toBe(true);
  expect(emitter.closed).toBe(false);
});

test('a store that fails during a replay ends the stream, and the client is told to come back', async () => {
  const { store, parts, feed, outlet, emitter, start } = await behind(0, 12);
  store.fail('readAfter');
  emitter.follow(feed, start);
  await settle();
  expect(outlet.closes).toEqual([{ code: 'UNAVAILABLE', returnMs: expect.any(Number) }]);
  expect(parts.detachments.map(({ channels }) => channels)).toEqual([[channel]]);
});

test('a feed that cannot be mended ends the stream instead of asking the store without end', async () => {
  const { truth, store, feed, outlet, emitter } = await behind(5, 5);
  truth.loseAfter(channel, 3);
  const renewed = await truth.renewEpoch(channel, feed.position.epoch);
  feed.mend = async () => {};
  emitter.follow(feed, { position: renewed, recovered: true });
  await settle();
  expect(outlet.closes.map(({ code }) => code)).toEqual(['UNAVAILABLE']);
  expect(store.reads.length).toBeLessThan(5);
});

test('a store that lost data and takes no writes ends the stream, and nothing false is told', async () => {
  const { truth, store, feed, outlet, emitter, start } = await behind(0, 12, { pageItems: 3 });
  truth.loseAfter(channel, 5);
  store.fail('renewEpoch');
  emitter.follow(feed, start);
  await settle();
  expect(outlet.closes.map(({ code }) => code)).toEqual(['UNAVAILABLE']);
  expect(outlet.readies).toEqual([]);
  expect(store.reads.length).toBeLessThan(8);
});

test('a client that is ahead of a feed of an older epoch loses nothing by its mending', async () => {
  const { truth, feed, outlet, emitter } = await behind(5, 5);
  truth.loseAfter(channel, 3);
  const renewed = await truth.renewEpoch(channel, feed.position.epoch);
  const [four] = await appendMany(truth, channel, 1, 40);
  emitter.follow(feed, { position: renewed, recovered: true });
  await settle();
  expect(outlet.offsets(channel)).toEqual([four?.offset]);
  expect(outlet.readies).toEqual([]);
});

test('a replay that is unfollowed, or whose client goes away, stops; its feed is given back once', async () => {
  const fields = { pageItems: 3, takes: false };
  const { store, parts, feed, outlet, emitter, start } = await behind(0, 12, fields);
  emitter.follow(feed, start);
  await settle();
  expect(emitter.channels).toEqual([channel]);
  expect(emitter.unfollow(channel)).toBe(feed);
  expect(emitter.channels).toEqual([]);
  outlet.take();
  await settle();
  expect(outlet.offsets(channel)).toEqual([1, 2, 3]);
  expect(store.reads).toHaveLength(1);

  emitter.follow(feed, start);
  await settle();
  emitter.gone();
  outlet.take();
  await settle();
  expect(feed.followers.size).toBe(0);
  expect(store.reads).toHaveLength(1);
  expect(parts.detachments).toEqual([{ channels: [channel], reason: undefined }]);
});

test('G3 what is due when a replay finds its history lost leaves with the cursor from before', async () => {
  const fields = { pageItems: 3, takes: false };
  const { truth, store, parts, feed, outlet, emitter, start } = await behind(0, 12, fields);
  await appendOne(truth, 'all', 1);
  const live = await parts.feed('all');
  emitter.follow(live, { position: live.position, recovered: true });
  emitter.follow(feed, start);
  await settle();
  const due = await appendOne(truth, 'all', 2);
  truth.trim(channel, 9);
  // Something live becomes due in the very tick in which the feed has been compared with the store.
  const before = store.reads.length;
  store.after.set('readAfter', async () => {
    if (store.reads.length === before + 2) live.offer(due);
  });
  outlet.take();
  await settle();
  expect(outlet.said.map(({ kind }) => kind)).toEqual(['write', 'write', 'ready']);
  expect(outlet.offsets('all')).toEqual([2]);
  expect(offsetIn(outlet.writes.at(-1)?.cursor ?? '', channel)).toBe(3);
});

test('G3 a page that others read in an earlier life of the log is not believed', async () => {
  const { truth, store, parts, feed, outlet, emitter, start } = await behind(3, 12);
  emitter.follow(feed, start);
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(4, 12));
  const reads = store.reads.length;
  await truth.renewEpoch(channel, feed.position.epoch);
  await Promise.all([feed.mend(), settle()]);
  const late = new RecordingOutlet();
  const lateEmitter = parts.emitter(late);
  lateEmitter.follow(feed, start);
  await settle();
  expect(store.reads.length).toBeGreaterThan(reads + 1);
  expect(late.offsets(channel)).toEqual([]);
  expect(late.readies.map(({ ready }) => ready.recovered)).toEqual([false]);
  expect(lateEmitter.closed).toBe(false);
});

test('G3 nor one that leads to where the log has another notification now', async () => {
  const { truth, parts, feed, outlet, emitter, start } = await behind(3, 6);
  emitter.follow(feed, start);
  await settle();
  expect(outlet.offsets(channel)).toEqual(range(4, 6));
  truth.loseAfter(channel, 5);
  await appendOne(truth, channel, 106);
  // Its node had let go of the feed, and follows the channel again since the loss.
  const later = await parts.feed(channel);
  const late = new RecordingOutlet();
  parts.emitter(late).follow(later, start);
  await settle();
  expect(late.readies.map(({ ready }) => ready.recovered)).toEqual([false]);
  expect(later.followers.size).toBe(1);
});

test('a feed that stands in a row of expired items, with a whole page beyond it, is reached', async () => {
  const { truth, store, feed, outlet, emitter, start } = await behind(2, 5, { pageItems: 3 });
  truth.expire(channel, 3, 4, 5);
  await appendMany(truth, channel, 6, 6);
  emitter.follow(feed, start);
  await settle();
  expect(feed.followers.size).toBe(1);
  expect(store.reads).toHaveLength(1);
  await Promise.all([feed.mend(), settle()]);
  expect(outlet.offsets(channel)).toEqual(range(6, 11));
});
