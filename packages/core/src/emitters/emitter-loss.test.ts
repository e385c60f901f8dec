import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EmitterParts, offsetIn } from '../test-doubles/emitter-parts.js';
import { appendMany, appendOne, sampleEphemeral } from '../test-doubles/envelopes.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

const user = 'user:1';
const group = 'group:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(50);

/** An emitter that is live in both channels, each of which has had one notification. */
async function live(truth: MutableStore) {
  await appendOne(truth, user, 1);
  await appendOne(truth, group, 1);
  const parts = new EmitterParts(truth);
  const feeds = { user: await parts.feed(user), group: await parts.feed(group) };
  const outlet = new RecordingOutlet();
  const emitter = parts.emitter(outlet);
  for (const feed of [feeds.user, feeds.group]) {
    emitter.follow(feed, { position: feed.position, recovered: true });
  }
  return { outlet, emitter, feeds };
}

test('G3 history lost on one channel is told at once, after what was due, with all positions', async () => {
  const truth = new MutableStore();
  const { outlet, feeds } = await live(truth);
  for (const each of await appendMany(truth, user, 4, 2)) feeds.user.offer(each);
  truth.loseAfter(user, 2);
  await Promise.all([feeds.user.mend(), settle()]);
  const kinds = outlet.said.map(({ kind }) => kind);
  expect(kinds).toEqual(['write', 'ready']);
  const [ready] = outlet.readies;
  expect(ready?.ready).toEqual({
    userId: '1',
    recovered: false,
    channels: new Map([
      [user, feeds.user.position],
      [group, feeds.group.position],
    ]),
  });
  expect(offsetIn(ready?.cursor ?? '', user)).toBe(2);
});

test('G3 what was due when history was lost leaves with the cursor from before the loss', async () => {
  const truth = new MutableStore();
  const { outlet, feeds } = await live(truth);
  const before = feeds.user.position.epoch;
  for (const each of await appendMany(truth, user, 4, 2)) feeds.user.offer(each);
  truth.loseAfter(user, 2);
  // The loss is found in the very tick in which something else became due.
  const mending = feeds.user.mend();
  const read = truth.readAfter.bind(truth);
  truth.readAfter = async (requests) => {
    truth.readAfter = read;
    const pages = await read(requests);
    feeds.group.offer(await appendOne(truth, group, 2));
    return pages;
  };
  await Promise.all([mending, settle()]);
  expect(outlet.offsets(group)).toEqual([2]);
  const lastWrite = outlet.writes.at(-1);
  expect(lastWrite?.cursor).toContain(`.${before}.5.`);
  expect(outlet.said.at(-1)?.kind).toBe('ready');
});

test('G3 what is lost on several channels at once is told once, with where the stream stood then', async () => {
  const truth = new MutableStore();
  const { outlet, feeds } = await live(truth);
  for (const [channel, feed] of [
    [user, feeds.user],
    [group, feeds.group],
  ] as const) {
    for (const each of await appendMany(truth, channel, 4, 2)) feed.offer(each);
    truth.loseAfter(channel, 2);
  }
  await settle();
  // Only one of them is found to be lost.
  await Promise.all([feeds.user.mend(), settle()]);
  expect(outlet.readies).toHaveLength(1);
  const [ready] = outlet.readies;
  expect(ready?.ready.channels).toEqual(
    new Map([
      [user, feeds.user.position],
      [group, feeds.group.position],
    ]),
  );
  expect(offsetIn(ready?.cursor ?? '', group)).toBe(2);
  feeds.user.offer(await appendOne(truth, user, 30));
  await settle();
  expect(outlet.said.slice(-2).map(({ kind }) => kind)).toEqual(['ready', 'write']);
});

test('G3 what is due before other channels are compared waits for the word of the loss, which stands before it', async () => {
  const truth = new MutableStore();
  const { outlet, feeds } = await live(truth);
  for (const each of await appendMany(truth, user, 4, 2)) feeds.user.offer(each);
  await settle();
  truth.loseAfter(user, 2);
  const mending = feeds.user.mend();
  const read = truth.readAfter.bind(truth);
  let comparisons = 0;
  truth.readAfter = async (requests) => {
    const pages = await read(requests);
    comparisons += 1;
    // The user's channel was lost, the group's is being compared.
    if (comparisons === 2) {
      feeds.group.offer(await appendOne(truth, group, 2));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return pages;
  };
  await Promise.all([mending, settle()]);
  expect(comparisons).toBe(2);
  expect(outlet.said.slice(-2).map(({ kind }) => kind)).toEqual(['ready', 'write']);
  const [ready] = outlet.readies;
  expect(outlet.readies).toHaveLength(1);
  expect(offsetIn(ready?.cursor ?? '', group)).toBe(1);
  expect(ready?.ready.channels.get(group)?.offset).toBe(1);
  expect(offsetIn(outlet.writes.at(-1)?.cursor ?? '', group)).toBe(2);
});

test('G3 a loss found on another channel while one waits to be told is told with it, before what is due', async () => {
  const truth = new MutableStore();
  const { outlet, feeds } = await live(truth);
  for (const [channel, feed] of [
    [user, feeds.user],
    [group, feeds.group],
  ] as const) {
    for (const each of await appendMany(truth, channel, 4, 2)) feed.offer(each);
  }
  await settle();
  const written = outlet.writes.length;
  for (const channel of [user, group]) truth.loseAfter(channel, 2);
  const read = truth.readAfter.bind(truth);
  truth.readAfter = async (requests) => {
    if (requests.some(({ channel }) => channel === group)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return read(requests);
  };
  // The loss is found by what was announced since, which is shown.
  feeds.user.offer(await appendOne(truth, user, 30));
  await vi.advanceTimersByTimeAsync(10);
  feeds.user.offer(sampleEphemeral(user, 31));
  await settle();
  expect(outlet.said.slice(-2).map(({ kind }) => kind)).toEqual(['ready', 'write']);
  expect(outlet.writes).toHaveLength(written + 1);
  expect(outlet.readies).toHaveLength(1);
  const [ready] = outlet.readies;
  expect([user, group].map((each) => offsetIn(ready?.cursor ?? '', each))).toEqual([2, 2]);
  expect(ready?.ready.channels.get(group)).toEqual(feeds.group.position);
  expect(outlet.offsets(user).at(-1)).toBe(3);
});

test('G3 what a channel showed before it was lost stands before the word of that loss, told apart', async () => {
  const truth = new MutableStore();
  const { outlet, feeds } = await live(truth);
  for (const each of await appendMany(truth, user, 4, 2)) feeds.user.offer(each);
  await settle();
  truth.loseAfter(user, 2);
  const read = truth.readAfter.bind(truth);
  let comparisons = 0;
  truth.readAfter = async (requests) => {
    comparisons += 1;
    if (comparisons === 2) {
      // While the group is compared it shows something, and loses that too.
      const shown = await appendOne(truth, group, 2);
      feeds.group.offer(shown);
      truth.loseAfter(group, 1);
      void feeds.group.mend();
    }
    return read(requests);
  };
  await Promise.all([feeds.user.mend(), settle()]);
  expect(outlet.said.slice(-3).map(({ kind }) => kind)).toEqual(['ready', 'write', 'ready']);
  const cursors = outlet.readies.map(({ cursor }) => offsetIn(cursor, group));
  expect(cursors).toEqual([1, 1]);
  expect(offsetIn(outlet.writes.at(-1)?.cursor ?? '', group)).toBe(2);
});
