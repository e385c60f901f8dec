import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Feed } from '../feeds/feed.js';
import { memoryStore } from '../memory/memory-store.js';
import type { Position } from '../positions/position.js';
import { EmitterParts } from '../test-doubles/emitter-parts.js';
import { appendMany, appendOne, positionOf } from '../test-doubles/envelopes.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

const maxBufferedBytes = 200;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(50);

/** One node's feeds over one store, and a client that takes nothing until it is told to. */
function node(pageItems = 5) {
  const store = memoryStore();
  const parts = new EmitterParts(store, { maxBufferedBytes, pageItems });
  const outlet = new RecordingOutlet(false);
  return { store, parts, outlet, emitter: parts.emitter(outlet) };
}

function at(position: Position) {
  return { position, recovered: true };
}

/** A channel with `count` notifications, the feed at its end, and the position after the first of them. */
async function replayable(
  { store, parts }: ReturnType<typeof node>,
  channel: string,
  count: number,
) {
  const first = positionOf(await appendOne(store, channel, 1));
  await appendMany(store, channel, count - 1, 2);
  return { feed: await parts.feed(channel), first };
}

/** The same, where the feed's ring still has everything after the first notification. */
async function recent({ store, parts }: ReturnType<typeof node>, channel: string, count: number) {
  const feed = await parts.feed(channel);
  const envelopes = await appendMany(store, channel, count);
  for (const each of envelopes) feed.offer(each);
  await settle();
  const [one] = envelopes;
  if (one === undefined) throw new Error('an envelope is needed');
  return { feed, first: positionOf(one) };
}

async function publish({ store }: ReturnType<typeof node>, feed: Feed, n: number): Promise<void> {
  feed.offer(await appendOne(store, feed.channel, n));
  await settle();
}

test('G9 a client that takes nothing is closed at its budget, also while it is catching up', async () => {
  const here = node();
  const live = await here.parts.feed('user:1');
  const past = await replayable(here, 'group:1', 20);
  here.emitter.follow(live, at(live.position));
  here.emitter.follow(past.feed, at(past.first));
  await settle();
  const page = here.outlet.bufferedBytes;
  expect(page).toBeGreaterThan(0);
  for (let n = 1; n <= 200 && !here.emitter.closed; n += 1) await publish(here, live, n);
  expect(here.outlet.closes.map(({ code }) => code)).toEqual(['SLOW_CONSUMER']);
  expect(here.outlet.bufferedBytes).toBeLessThan(page + maxBufferedBytes + 50);
});

test('what a client is given from rings does not count as slowness either', async () => {
  const here = node();
  const live = await here.parts.feed('user:1');
  here.emitter.follow(live, at(live.position));
  const channels = ['group:1', 'group:2', 'group:3'];
  const recents = await Promise.all(channels.map((channel) => recent(here, channel, 30)));
  for (const { feed, first } of recents) here.emitter.follow(feed, at(first));
  await settle();
  expect(here.outlet.bufferedBytes).toBeGreaterThan(maxBufferedBytes * 3);
  await publish(here, live, 1);
  await publish(here, live, 2);
  expect(here.outlet.closes).toEqual([]);
  expect(here.outlet.offsets('user:1')).toEqual([1, 2]);
});

test('once the client has taken the replay, its budget is as before', async () => {
  const here = node();
  const { feed, first } = await recent(here, 'group:1', 30);
  here.emitter.follow(feed, at(first));
  await settle();
  here.outlet.take();
  await settle();
  for (let n = 31; n <= 200 && !here.emitter.closed; n += 1) await publish(here, feed, n);
  expect(here.outlet.closes.map(({ code }) => code)).toEqual(['SLOW_CONSUMER']);
  expect(here.outlet.bufferedBytes).toBeLessThan(maxBufferedBytes + 50);
});

test('G9 following and leaving again and again piles up nothing for a client that takes nothing', async () => {
  const here = node();
  const { feed, first } = await recent(here, 'group:1', 30);
  here.emitter.follow(feed, at(first));
  await settle();
  const once = here.outlet.bufferedBytes;
  for (let round = 0; round < 20; round += 1) {
    here.emitter.unfollow('group:1');
    here.emitter.follow(feed, at(first));
    await settle();
  }
  expect(here.outlet.bufferedBytes).toBe(once);
  here.outlet.take();
  await settle();
  expect(here.outlet.bufferedBytes).toBe(once);
  expect(feed.followers.has(here.emitter)).toBe(true);
});

test('however many channels catch up, the transport is asked once to tell when it has drained', async () => {
  const here = node();
  for (let channel = 1; channel <= 20; channel += 1) {
    const { feed, first } = await replayable(here, `group:${channel}`, 20);
    here.emitter.follow(feed, at(first));
  }
  await settle();
  expect(here.outlet.listenerCount).toBe(1);
  for (let page = 0; page < 5; page += 1) {
    here.outlet.take();
    await settle();
  }
  for (let channel = 1; channel <= 20; channel += 1) {
    expect(here.outlet.offsets(`group:${channel}`)).toHaveLength(19);
  }
});
