import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { originPosition, type Position } from '../positions/position.js';
import { appendMany, appendOne, positionOf, sampleStored } from '../test-doubles/envelopes.js';
import { feedContext, RecordingFollower } from '../test-doubles/feed-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { Feed } from './feed.js';
import { findStart } from './find-start.js';

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A feed that stands at the end of a log of `count`. */
async function standing(count: number) {
  const truth = new MutableStore();
  const store = new ObservedStore(truth);
  const context = feedContext(store);
  const envelopes = await appendMany(truth, channel, count);
  const feed = new Feed(channel, context);
  const [head = originPosition] = await truth.positions([channel]);
  feed.open(head);
  const find = async (claimed: Position | undefined) => {
    const [start] = await Promise.all([
      findStart(feed, claimed, context.reads),
      vi.advanceTimersByTimeAsync(10),
    ]);
    return start;
  };
  const at = (offset: number): Position => {
    const envelope = envelopes[offset - 1];
    if (envelope === undefined) throw new Error(`${offset} was not appended`);
    return positionOf(envelope);
  };
  return { truth, store, feed, head, find, at };
}

test('a channel missing from a cursor starts at the head, without a read', async () => {
  const { store, head, find } = await standing(5);
  expect(await find(undefined)).toEqual({ position: head, recovered: true });
  expect(store.reads).toEqual([]);
});

test('a client that missed nothing is up to date, without a read', async () => {
  const { store, head, find } = await standing(5);
  expect(await find(head)).toEqual({ position: head, recovered: true });
  expect(store.reads).toEqual([]);
});

test('a position that the ring holds needs no read', async () => {
  const { store, feed, find } = await standing(0);
  const envelopes = await appendMany(store, channel, 3);
  for (const each of envelopes) feed.offer(each);
  await vi.advanceTimersByTimeAsync(10);
  const reads = store.reads.length;
  const claimed = positionOf(envelopes[1] ?? sampleStored(channel, 0));
  expect(await find(claimed)).toEqual({ position: claimed, recovered: true });
  expect(store.reads).toHaveLength(reads);
});

test('G3 a position in the log is confirmed by the store', async () => {
  const { find, at } = await standing(5);
  expect(await find(at(2))).toEqual({ position: at(2), recovered: true });
});

test('G3 a trimmed position is not recovered, the last one before what is kept is', async () => {
  const { truth, head, find, at } = await standing(9);
  truth.trim(channel, 5);
  expect(await find(at(3))).toEqual({ position: head, recovered: false });
  expect(await find(at(4))).toEqual({ position: at(4), recovered: true });
});

test('G3 who has seen what the log gave out in place of what it lost finds the feed mended', async () => {
  const { truth, feed, find } = await standing(5);
  truth.loseAfter(channel, 4);
  const other = await appendOne(truth, channel, 105);
  const start = await find(positionOf(other));
  // The feed that stood at the lost one has begun a new life of the log.
  expect(feed.position).toEqual({ ...positionOf(other), epoch: 'e2' });
  expect(start).toEqual({ position: feed.position, recovered: false });
});

test('G3 the last one before what is kept is not recovered where the log has had another there', async () => {
  const { truth, store, at } = await standing(5);
  truth.loseAfter(channel, 3);
  const again = await appendMany(truth, channel, 2, 104);
  truth.trim(channel, 5);
  // A node that has followed the channel only since.
  const [head = originPosition] = await truth.positions([channel]);
  const context = feedContext(store);
  const feed = new Feed(channel, context);
  feed.open(head);
  const find = async (claimed: Position) =>
    (
      await Promise.all([findStart(feed, claimed, context.reads), vi.advanceTimersByTimeAsync(10)])
    )[0];
  expect(await find(at(4))).toEqual({ position: head, recovered: false });
  const fourth = positionOf(again[0] ?? sampleStored(channel, 0));
  expect(await find(fourth)).toEqual({ position: fourth, recovered: true });
});

test.each<[string, (at: (offset: number) => Position) => Position]>([
  ['ahead of the head', (at) => ({ ...at(5), offset: 1_000 })],
  ['at the greatest offset', (at) => ({ ...at(5), offset: Number.MAX_SAFE_INTEGER })],
  ['at the head with another tag', (at) => ({ ...at(5), tag: 'ffffffff' })],
  ['in the middle with another tag', (at) => ({ ...at(3), tag: at(4).tag })],
  ['in another epoch', (at) => ({ ...at(3), epoch: 'e9' })],
  ['in no epoch at an offset', (at) => ({ ...at(3), epoch: '0' })],
])(
  'a forged cursor %s starts at the head, not recovered, and moves nobody else',
  async (_, forge) => {
    const { store, feed, head, find, at } = await standing(5);
    const follower = new RecordingFollower();
    feed.join(follower);
    expect(await find(forge(at))).toEqual({ position: head, recovered: false });
    expect(store.renewals).toEqual([]);
    expect(feed.position).toEqual(head);
    expect([follower.losses, follower.offsets]).toEqual([0, []]);
  },
);

test('G3 who stood before the first notification gets everything once the log began', async () => {
  const { feed, find } = await standing(3);
  expect(await find(originPosition)).toEqual({
    position: { ...originPosition, epoch: feed.position.epoch },
    recovered: true,
  });
});

test('who stood before the first notification of a log trimmed since is told so', async () => {
  const { truth, head, find } = await standing(3);
  truth.trim(channel, 2);
  expect(await find(originPosition)).toEqual({ position: head, recovered: false });
});

test('offset 0 of the epoch begins before the first, whatever its tag says', async () => {
  const { feed, find } = await standing(3);
  const { epoch } = feed.position;
  const start = await find({ epoch, offset: 0, tag: 'ffffffff' });
  expect(start).toEqual({ position: { ...originPosition, epoch }, recovered: true });
});

test('a channel that has no log starts at the origin, with a cursor or without', async () => {
  const { find } = await standing(0);
  const start = { position: originPosition, recovered: true };
  expect(await find(undefined)).toEqual(start);
  expect(await find(originPosition)).toEqual(start);
  expect(await find({ ...originPosition, tag: 'ffffffff' })).toEqual(start);
  const unknown = { epoch: 'e1', offset: 4, tag: '00000004' };
  expect(await find(unknown)).toEqual({ position: originPosition, recovered: false });
});

test('G4 a cursor from a node that knew more mends the feed that missed its wake-up', async () => {
  const { truth, feed, find } = await standing(3);
  const ahead = positionOf(await appendOne(truth, channel, 4));
  expect(await find(ahead)).toEqual({ position: ahead, recovered: true });
  expect(feed.position).toEqual(ahead);
});

test('a store that does not answer rejects', async () => {
  const { store, find, at } = await standing(3);
  store.fail('readAfter');
  await expect(find(at(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
