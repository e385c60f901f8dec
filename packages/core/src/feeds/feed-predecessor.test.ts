import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appendMany, positionOf } from '../test-doubles/envelopes.js';
import { openFeed, RecordingFollower } from '../test-doubles/feed-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';

// A store lost its end and gave the places out again under the same epoch, to publishers that knew nothing.

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A feed that stands at 3, and a log that has had `unheard` more; it keeps `kept` of all. */
async function afterLoss({ unheard, kept }: { unheard: number; kept: number }) {
  const truth = new MutableStore();
  const store = new ObservedStore(truth);
  await appendMany(truth, channel, 3);
  const feed = await openFeed(store, channel);
  const follower = new RecordingFollower();
  feed.join(follower);
  const lost = await appendMany(truth, channel, unheard, 4);
  truth.loseAfter(channel, kept);
  const again = await appendMany(truth, channel, 2, 104);
  return { truth, store, feed, follower, lost, again };
}

const settle = () => vi.advanceTimersByTimeAsync(1_000);

test('G4 what has the next offset, but was put behind another notification, tells of the loss', async () => {
  const { feed, follower, again } = await afterLoss({ unheard: 0, kept: 2 });
  const [third, fourth] = again;
  if (fourth !== undefined) feed.offer(fourth);
  expect(follower.offsets).toEqual([]);
  await settle();
  expect(follower.losses).toBe(1);
  expect(follower.outgoings.map(({ envelope }) => envelope.id)).toEqual([fourth?.id]);
  expect(third?.offset).toBe(3);
  expect(feed.position).toEqual({ ...(fourth && positionOf(fourth)), epoch: 'e2' });
});

test('G4 so does one that waited until a lost one, announced late, had filled the hole before it', async () => {
  const { feed, follower, lost, again } = await afterLoss({ unheard: 1, kept: 3 });
  for (const each of [again[1], lost[0]]) if (each !== undefined) feed.offer(each);
  expect(follower.offsets).toEqual([4]);
  await settle();
  expect(follower.losses).toBe(1);
  expect(follower.outgoings.map(({ envelope }) => envelope.id)).toEqual([
    lost[0]?.id,
    again[1]?.id,
  ]);
  expect(feed.position).toMatchObject({ epoch: 'e2', offset: 5 });
});

test('G4 so does one on a page that was read before a lost one was announced late', async () => {
  const { store, feed, follower, lost, again } = await afterLoss({ unheard: 1, kept: 3 });
  store.after.set('readAfter', async () => {
    store.after.clear();
    for (const each of lost) feed.offer(each);
  });
  void feed.mend();
  await settle();
  expect(follower.offsets).toEqual([4]);
  expect(follower.losses).toBe(1);
  expect(feed.position).toEqual({ ...(again[1] && positionOf(again[1])), epoch: 'e2' });
});

test('G4 so does the first of a log that was trimmed exactly up to the feed', async () => {
  const { truth, store, feed, follower } = await afterLoss({ unheard: 0, kept: 2 });
  truth.trim(channel, 4);
  void feed.mend();
  await settle();
  expect(store.renewals).toEqual([channel]);
  expect(follower.losses).toBe(1);
  expect(feed.position).toMatchObject({ epoch: 'e2', offset: 4 });
});

test('G2 a lost one that is announced late is not taken for what comes next', async () => {
  const { store, feed, follower, lost, again } = await afterLoss({ unheard: 2, kept: 3 });
  for (const each of [again[0], lost[1], again[1]]) if (each !== undefined) feed.offer(each);
  await settle();
  expect(follower.outgoings.map(({ envelope }) => envelope.id)).toEqual(again.map(({ id }) => id));
  expect(follower.losses).toBe(0);
  expect(store.renewals).toEqual([]);
});

test('where the one before is gone, its tag is known from the one after it', async () => {
  const { truth, feed, follower, again } = await afterLoss({ unheard: 0, kept: 2 });
  truth.trim(channel, 4);
  if (again[1] !== undefined) feed.offer(again[1]);
  const before: unknown[] = [];
  follower.historyLost = () => before.push(feed.position);
  await settle();
  expect(before).toEqual([{ ...(again[0] && positionOf(again[0])), epoch: 'e2' }]);
});
