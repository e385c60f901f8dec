import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { originPosition } from '../positions/position.js';
import {
  appendMany,
  appendOne,
  positionOf,
  sampleDraft,
  sampleId,
  sampleStored,
} from '../test-doubles/envelopes.js';
import {
  type FeedFields,
  feedContext,
  openFeed,
  RecordingFollower,
} from '../test-doubles/feed-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingLogger } from '../test-doubles/recording-logger.js';
import { Feed } from './feed.js';

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A feed with one follower that stands behind the first `seeded` notifications of a log. */
async function followed(seeded: number, fields: Partial<FeedFields> = {}) {
  const truth = new MutableStore();
  const store = new ObservedStore(truth);
  const logger = new RecordingLogger();
  await appendMany(store, channel, seeded);
  const feed = await openFeed(store, channel, { logger, ...fields });
  const follower = new RecordingFollower();
  feed.join(follower);
  return { truth, store, logger, feed, follower };
}

async function mended(mend: Promise<void>): Promise<void> {
  await vi.advanceTimersByTimeAsync(1_000);
  await mend;
}

test('G4 mending reads as many pages as the missing range needs', async () => {
  const { store, feed, follower } = await followed(1, { pageItems: 3 });
  const envelopes = await appendMany(store, channel, 10, 2);
  await mended(feed.mend());
  expect(follower.offsets).toEqual(envelopes.map(({ offset }) => offset));
  expect(store.reads.length).toBeLessThanOrEqual(5);
});

test('pages of one item mend too, and come to an end', async () => {
  const { store, feed, follower } = await followed(1, { pageItems: 1 });
  await appendMany(store, channel, 3, 2);
  await mended(feed.mend());
  expect(follower.offsets).toEqual([2, 3, 4]);
  expect(store.reads.length).toBeLessThanOrEqual(5);
});

test('G9 pages end at their bytes, and mend all the same, however large a notification is', async () => {
  const inner = memoryStore();
  const store = new ObservedStore(inner);
  await appendOne(store, channel, 1);
  const feed = await openFeed(store, channel, { pageBytes: 500 });
  const follower = new RecordingFollower();
  feed.join(follower);
  for (let n = 2; n <= 12; n += 1) {
    const dataJson = JSON.stringify('x'.repeat(n === 7 ? 5_000 : 150));
    await store.append([sampleDraft(channel, n, { dataJson })]);
  }
  await mended(feed.mend());
  expect(follower.offsets).toEqual(Array.from({ length: 11 }, (_, index) => index + 2));
  expect(store.reads.length).toBeGreaterThan(4);
});

test('calls of mend while one is under way share it, and what they ask for is read after it', async () => {
  const { store, feed, follower } = await followed(1);
  await appendOne(store, channel, 2);
  store.after.set('readAfter', async () => {
    store.after.clear();
    await appendOne(store, channel, 3);
    void feed.mend();
    void feed.mend();
  });
  await mended(feed.mend());
  expect(follower.offsets).toEqual([2, 3]);
  expect(store.reads).toHaveLength(2);
});

test('a store that fails is logged once per try; the feed stays where it is and is mended later', async () => {
  const { store, logger, feed, follower } = await followed(1);
  await appendOne(store, channel, 2);
  store.fail('readAfter');
  feed.offer(await appendOne(store, channel, 3));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(logger.messages('warn')).toEqual(['a feed could not be mended yet']);
  expect(feed.position.offset).toBe(1);
  store.recover();
  await mended(feed.mend());
  expect(follower.offsets).toEqual([2, 3]);
  expect(follower.losses).toBe(0);
});

test('G4 after a failed mending the next envelope behind the hole tries again', async () => {
  const { store, feed, follower } = await followed(1);
  await appendOne(store, channel, 2);
  store.fail('readAfter');
  feed.offer(await appendOne(store, channel, 3));
  await vi.advanceTimersByTimeAsync(100);
  store.recover();
  feed.offer(await appendOne(store, channel, 4));
  await vi.advanceTimersByTimeAsync(100);
  expect(follower.offsets).toEqual([2, 3, 4]);
});

test('G3 a store that lost the tail gets a new epoch, and followers are told that history is lost', async () => {
  const { truth, store, logger, feed, follower } = await followed(5);
  const { epoch } = feed.position;
  truth.loseAfter(channel, 3);
  await mended(feed.mend());
  expect(store.renewals).toEqual([channel]);
  expect(follower.losses).toBe(1);
  expect(feed.position.offset).toBe(3);
  expect(feed.position.epoch).not.toBe(epoch);
  expect(logger.messages('warn')).toEqual(['the store lost history of a channel']);
  const [again] = await appendMany(store, channel, 1, 40);
  if (again) feed.offer(again);
  expect(follower.offsets).toEqual([4]);
});

test('G3 offsets that were counted again under the same epoch are found by their tag', async () => {
  const { truth, store, feed, follower } = await followed(5);
  truth.loseAfter(channel, 3);
  await appendMany(store, channel, 4, 40);
  await mended(feed.mend());
  expect(store.renewals).toEqual([channel]);
  expect(follower.losses).toBe(1);
  expect(feed.position.offset).toBe(7);
});

test('G3 a new epoch made by another node is adopted, and followers are told', async () => {
  const { truth, store, feed, follower } = await followed(5);
  truth.loseAfter(channel, 3);
  const renewed = await truth.renewEpoch(channel, feed.position.epoch);
  feed.offer(await appendOne(store, channel, 40));
  await vi.advanceTimersByTimeAsync(100);
  expect(store.renewals).toEqual([]);
  expect(follower.losses).toBe(1);
  expect(feed.position).toMatchObject({ epoch: renewed.epoch, offset: 4 });
  expect(follower.offsets).toEqual([4]);
});

test('G3 what is announced after everything was lost is shown, after the word of the loss', async () => {
  const { truth, feed, follower } = await followed(5);
  const heard: string[] = [];
  follower.push = ({ envelope }) => heard.push(`${envelope.offset}`);
  follower.historyLost = () => heard.push(`lost at ${feed.position.offset}`);
  truth.loseEverything(channel);
  const [, second, third] = await appendMany(truth, channel, 3, 30);
  // The first was announced while nobody heard it.
  for (const each of [second, third]) if (each !== undefined) feed.offer(each);
  await vi.advanceTimersByTimeAsync(100);
  expect(heard).toEqual(['lost at 1', '2', '3']);
  expect(feed.position).toEqual(third && positionOf(third));
});

test('G3 a place given out again is seen by its id, and what stands there now is shown', async () => {
  for (const known of ['in the ring', 'by the tag of the position']) {
    const { truth, store, feed, follower } = await followed(3);
    const { offset, epoch } = feed.position;
    if (known === 'in the ring') {
      for (const each of await appendMany(truth, channel, 2, 4)) feed.offer(each);
    }
    const place = known === 'in the ring' ? offset + 1 : offset;
    truth.loseAfter(channel, place - 1);
    const again = await appendOne(truth, channel, 40);
    expect(again).toMatchObject({ epoch, offset: place });
    feed.offer(again);
    await vi.advanceTimersByTimeAsync(100);
    expect(store.renewals).toEqual([channel]);
    expect(follower.losses).toBe(1);
    expect(follower.outgoings.at(-1)?.envelope).toMatchObject({ offset: place, id: again.id });
    expect(feed.position.epoch).not.toBe(epoch);
  }
});

test('G2 what follows a place given out again is not taken for what comes next, and is shown once', async () => {
  const { truth, feed, follower } = await followed(3);
  const heard: string[] = [];
  follower.push = ({ envelope }) => heard.push(envelope.id);
  follower.historyLost = () => heard.push('lost');
  truth.loseAfter(channel, 2);
  const again = await appendMany(truth, channel, 3, 40);
  for (const each of again) feed.offer(each);
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(heard).toEqual(['lost', ...again.map(({ id }) => id)]);
});

test('G2 an announcement of what the log does not have shows nothing, and nothing again', async () => {
  const { truth, feed, follower } = await followed(3);
  for (const each of await appendMany(truth, channel, 2, 4)) feed.offer(each);
  truth.loseAfter(channel, 4);
  feed.offer(sampleStored(channel, 4, { epoch: feed.position.epoch, id: sampleId(99) }));
  feed.offer(sampleStored(channel, 3, { epoch: 'forged' }));
  await vi.advanceTimersByTimeAsync(100);
  expect(follower.losses).toBe(1);
  expect(follower.offsets).toEqual([4, 5]);
  expect(feed.position.offset).toBe(4);
});

test('G3 a log trimmed beyond the feed is a loss of history, and the feed goes on at the head', async () => {
  const { truth, store, feed, follower } = await followed(2);
  await appendMany(store, channel, 5, 3);
  const last = await appendOne(store, channel, 8);
  truth.trim(channel, 5);
  await mended(feed.mend());
  expect(follower.losses).toBe(1);
  expect(follower.offsets).toEqual([]);
  expect(feed.position).toEqual(positionOf(last));
});

test('a log trimmed exactly up to the feed loses nothing', async () => {
  const { truth, store, feed, follower } = await followed(4);
  await appendMany(store, channel, 2, 5);
  truth.trim(channel, 5);
  await mended(feed.mend());
  expect(follower.losses).toBe(0);
  expect(follower.offsets).toEqual([5, 6]);
});

test('items that expired one by one are passed over, at the end of the log too', async () => {
  const { truth, store, feed, follower } = await followed(1);
  await appendMany(store, channel, 6, 2);
  truth.expire(channel, 3, 4, 7);
  await mended(feed.mend());
  expect(follower.offsets).toEqual([2, 5, 6]);
  expect(follower.losses).toBe(0);
  expect(feed.position.offset).toBe(7);
  feed.offer(await appendOne(store, channel, 8));
  expect(follower.offsets).toEqual([2, 5, 6, 8]);
});

test('G2 what the feed was given meanwhile is not given again, nor taken back, by a page read before', async () => {
  const { truth, store, feed, follower } = await followed(2);
  const envelopes = await appendMany(store, channel, 2, 3);
  store.after.set('readAfter', async () => {
    store.after.clear();
    // The page says that the log begins at 4; before it is looked at, everything has arrived.
    for (const each of [...envelopes, await appendOne(store, channel, 5)]) feed.offer(each);
  });
  truth.trim(channel, 4);
  await mended(feed.mend());
  expect(follower.offsets).toEqual([3, 4, 5]);
  expect(follower.losses).toBe(0);
});

test('G3 a loss is told though what came next, while it was found, seems to go on from before it', async () => {
  const { truth, store, feed, follower } = await followed(5);
  truth.loseAfter(channel, 3);
  store.after.set('readAfter', async () => {
    store.after.clear();
    const [, , sixth] = await appendMany(truth, channel, 3, 40);
    if (sixth !== undefined) feed.offer(sixth);
  });
  await mended(feed.mend());
  expect(follower.losses).toBe(1);
  expect(feed.position.offset).toBe(6);
});

test('a renewal that fails is logged, and tried again by the next mending', async () => {
  const { truth, store, logger, feed, follower } = await followed(5);
  truth.loseAfter(channel, 3);
  store.fail('renewEpoch');
  await mended(feed.mend());
  expect(follower.losses).toBe(0);
  expect(logger.messages('warn')).toEqual(['a feed could not be mended yet']);
  store.recover();
  await mended(feed.mend());
  expect(follower.losses).toBe(1);
});

test('a feed that is not open, or closed, has nothing to mend and does not wait', async () => {
  const store = new ObservedStore(memoryStore());
  const feed = new Feed(channel, feedContext(store));
  await feed.mend();
  feed.open((await store.positions([channel]))[0] ?? originPosition);
  await mended(feed.mend());
  expect(store.reads).toHaveLength(1);
  feed.close();
  await feed.mend();
  expect(store.reads).toHaveLength(1);
});

test('a feed that was closed while it was mended delivers nothing', async () => {
  const store = new ObservedStore(memoryStore());
  await appendOne(store, channel, 1);
  const feed = await openFeed(store, channel);
  const follower = new RecordingFollower();
  feed.join(follower);
  await appendOne(store, channel, 2);
  const mending = feed.mend();
  feed.close();
  await mended(mending);
  expect(follower.offsets).toEqual([]);
});

test('what is due to followers is written before the feed jumps, with the position up to there', async () => {
  const { truth, feed } = await followed(5);
  truth.loseAfter(channel, 3);
  const steps: string[] = [];
  feed.join({
    push: () => {},
    losing: () => steps.push(`losing at ${feed.position.offset}`),
    historyLost: () => steps.push(`lost at ${feed.position.offset}`),
  });
  await mended(feed.mend());
  expect(steps).toEqual(['losing at 5', 'lost at 3']);
});
