import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import type { Store } from '../ports/store.js';
import { EmitterParts, offsetIn } from '../test-doubles/emitter-parts.js';
import { appendMany, appendOne, sampleEphemeral } from '../test-doubles/envelopes.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';
import type { Emitter } from './emitter.js';

const user = 'user:1';
const group = 'group:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(50);

/** An emitter that is live in both channels, each of which has had one notification. */
async function live(
  store: Store = memoryStore(),
  outlet = new RecordingOutlet(),
  maxBytes = 1_000,
) {
  await appendOne(store, user, 1);
  await appendOne(store, group, 1);
  const parts = new EmitterParts(store, { maxBufferedBytes: maxBytes });
  const feeds = { user: await parts.feed(user), group: await parts.feed(group) };
  const emitter = parts.emitter(outlet);
  for (const feed of [feeds.user, feeds.group]) emitter.follow(feed, at(feed));
  return { parts, store, outlet, emitter, feeds };
}

function at(feed: Parameters<Emitter['follow']>[0]) {
  return { position: feed.position, recovered: true };
}

test('what is due in a tick leaves in one write, in the order in which it came', async () => {
  const { outlet, feeds, store } = await live();
  for (const each of await appendMany(store, user, 2, 2)) feeds.user.offer(each);
  for (const each of await appendMany(store, group, 1, 2)) feeds.group.offer(each);
  feeds.user.offer(sampleEphemeral(user, 9));
  expect(outlet.writes).toEqual([]);
  await settle();
  const lines = [
    `${user} 2 {"n":2}`,
    `${user} 3 {"n":3}`,
    `${group} 2 {"n":2}`,
    `${user} null {"n":9}`,
  ];
  expect(outlet.writes.map((write) => write.lines)).toEqual([lines]);
});

test('G2 what has no place yet is shown only to a client that shows an id once', async () => {
  for (const showsIdsOnce of [false, true]) {
    const { outlet, feeds, store } = await live();
    outlet.showsIdsOnce = showsIdsOnce;
    feeds.user.offer({ ...sampleEphemeral(user, 2), provisional: true });
    await settle();
    feeds.user.offer(await appendOne(store, user, 2));
    await settle();
    const lines = [`${user} null {"n":2}`, `${user} 2 {"n":2}`];
    const shown = outlet.writes.flatMap((write) => write.lines);
    expect(shown).toEqual(showsIdsOnce ? lines : lines.slice(1));
    // It moves no cursor.
    expect(outlet.writes.map(({ cursor }) => offsetIn(cursor, user))).toEqual(
      showsIdsOnce ? [1, 2] : [2],
    );
  }
});

test('G2 the cursor of a write is where its last notifications stand, on every channel', async () => {
  const { outlet, feeds, store } = await live();
  for (const each of await appendMany(store, user, 2, 2)) feeds.user.offer(each);
  await settle();
  feeds.group.offer(await appendOne(store, group, 2));
  await settle();
  const offsets = outlet.writes.map(({ cursor }) => [
    offsetIn(cursor, user),
    offsetIn(cursor, group),
  ]);
  expect(offsets).toEqual([
    [3, 1],
    [3, 2],
  ]);
});

test('a channel that is not followed any more is neither shown nor in the cursor', async () => {
  const { outlet, feeds, store, emitter } = await live();
  expect(emitter.channels).toEqual([user, group]);
  expect(emitter.unfollow(group)).toBe(feeds.group);
  expect(emitter.unfollow(group)).toBeUndefined();
  expect(emitter.unfollow('group:never followed')).toBeUndefined();
  feeds.group.offer(await appendOne(store, group, 2));
  feeds.user.offer(await appendOne(store, user, 2));
  await settle();
  expect(outlet.writes.map(({ lines }) => lines)).toEqual([[`${user} 2 {"n":2}`]]);
  expect(offsetIn(emitter.cursor(), group)).toBeUndefined();
  expect(emitter.channels).toEqual([user]);
});

test('G9 a client that takes too little is closed, and the others do not feel it', async () => {
  const slow = await live(memoryStore(), new RecordingOutlet(false), 30);
  const swift = new RecordingOutlet(false);
  const other = slow.parts.emitter(swift);
  other.follow(slow.feeds.user, at(slow.feeds.user));
  for (let n = 2; n <= 6; n += 1) {
    slow.feeds.user.offer(await appendOne(slow.store, user, n));
    await settle();
    swift.take();
  }
  expect(slow.outlet.closes).toEqual([{ code: 'SLOW_CONSUMER', returnMs: expect.any(Number) }]);
  expect(slow.outlet.bufferedBytes).toBeLessThan(60);
  expect(slow.emitter.closed).toBe(true);
  expect(swift.offsets(user)).toEqual([2, 3, 4, 5, 6]);
  expect(swift.closes).toEqual([]);
});

test('a backlog of exactly maxBufferedBytes is not too much', async () => {
  const line = Buffer.byteLength(`${user} 2 {"n":2}`);
  const { outlet, feeds, store } = await live(memoryStore(), new RecordingOutlet(false), line);
  for (let n = 2; n <= 3; n += 1) {
    feeds.user.offer(await appendOne(store, user, n));
    await settle();
  }
  expect(outlet.offsets(user)).toEqual([2, 3]);
  expect(outlet.closes).toEqual([]);
  feeds.user.offer(await appendOne(store, user, 4));
  await settle();
  expect(outlet.closes).toHaveLength(1);
});

test('closing writes what is due, tells the client once, and gives all feeds back once', async () => {
  const { parts, outlet, feeds, store, emitter } = await live();
  feeds.user.offer(await appendOne(store, user, 2));
  const reason = { code: 'EXPIRED', returnMs: null } as const;
  emitter.close(reason);
  emitter.close({ code: 'CLOSED', returnMs: 1 });
  emitter.gone();
  feeds.user.offer(await appendOne(store, user, 3));
  await settle();
  expect(outlet.said.map(({ kind }) => kind)).toEqual(['write', 'close']);
  expect(outlet.offsets(user)).toEqual([2]);
  expect(outlet.closes).toEqual([reason]);
  expect(parts.detachments).toEqual([{ channels: [user, group], reason }]);
  expect(feeds.user.followers.size + feeds.group.followers.size).toBe(0);
});

test('a client that went away is not written to, and its feeds are given back once', async () => {
  const { parts, outlet, feeds, store, emitter } = await live();
  feeds.user.offer(await appendOne(store, user, 2));
  emitter.gone();
  emitter.gone();
  emitter.close({ code: 'CLOSED', returnMs: 1 });
  await settle();
  expect(outlet.said).toEqual([]);
  expect(parts.detachments).toEqual([{ channels: [user, group], reason: undefined }]);
});

test('an outlet that throws is closed, and the others are written to', async () => {
  const { parts, outlet, feeds, store } = await live();
  const faulty = new RecordingOutlet();
  faulty.write = () => {
    throw new Error('a bug below');
  };
  const other = parts.emitter(faulty);
  other.follow(feeds.user, at(feeds.user));
  const last = parts.emitter();
  last.follow(feeds.user, at(feeds.user));
  feeds.user.offer(await appendOne(store, user, 2));
  await settle();
  expect(faulty.said.at(-1)).toMatchObject({ kind: 'close', reason: { code: 'UNAVAILABLE' } });
  feeds.user.offer(await appendOne(store, user, 3));
  await settle();
  expect(outlet.offsets(user)).toEqual([2, 3]);
  expect([other.closed, last.closed]).toEqual([true, false]);
});
