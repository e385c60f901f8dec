import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appendMany } from '../test-doubles/envelopes.js';
import { openFeed, RecordingFollower } from '../test-doubles/feed-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function followed() {
  const truth = new MutableStore();
  const store = new ObservedStore(truth);
  await appendMany(store, channel, 1);
  const feed = await openFeed(store, channel);
  const follower = new RecordingFollower();
  feed.join(follower);
  return { truth, store, feed, follower };
}

test('late envelopes that fill a hole while its trimmed log is read are no loss, and nothing comes twice', async () => {
  const { truth, store, feed, follower } = await followed();
  const [two, three, four, five] = await appendMany(store, channel, 4, 2);
  truth.trim(channel, 5);
  let reads = 0;
  store.after.set('readAfter', async () => {
    reads += 1;
    // The first read finds the log trimmed, the second where to go on.
    if (reads === 2) for (const late of [two, three, four]) if (late) feed.offer(late);
  });
  if (five) feed.offer(five);
  const mend = feed.mend();
  await vi.advanceTimersByTimeAsync(1_000);
  await mend;
  expect(reads).toBeGreaterThan(1);
  expect(follower.offsets).toEqual([2, 3, 4, 5]);
  expect(follower.losses).toBe(0);
});

test('what took the place of a lost notification and is announced after its successors tells of the loss', async () => {
  const { truth, store, feed, follower } = await followed();
  truth.loseAfter(channel, 0);
  const [one, two, three] = await appendMany(store, channel, 3, 101);
  for (const each of [two, three, one]) if (each) feed.offer(each);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(follower.losses).toBe(1);
  expect(feed.position).toMatchObject({ epoch: 'e2', offset: 3 });
  // All that the log has now was shown in a row after the loss was told.
  expect(follower.offsets.slice(-3)).toEqual([1, 2, 3]);
});

test('a lost notification that is announced late is no news', async () => {
  const { truth, store, feed, follower } = await followed();
  const [lost] = await appendMany(store, channel, 1, 2);
  truth.loseAfter(channel, 1);
  const [two, three] = await appendMany(store, channel, 2, 102);
  for (const each of [two, three, lost]) if (each) feed.offer(each);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(follower.losses).toBe(0);
  expect(follower.offsets).toEqual([2, 3]);
});
