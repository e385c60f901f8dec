import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appendMany } from '../test-doubles/envelopes.js';
import { openFeed, RecordingFollower } from '../test-doubles/feed-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('late envelopes that fill a hole while its trimmed log is read are no loss, and nothing comes twice', async () => {
  const truth = new MutableStore();
  const store = new ObservedStore(truth);
  await appendMany(store, channel, 1);
  const feed = await openFeed(store, channel);
  const follower = new RecordingFollower();
  feed.join(follower);
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
