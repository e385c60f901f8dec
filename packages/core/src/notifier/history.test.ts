import { expect, test } from 'vitest';
import { ChannelNames } from '../channels/channel-names.js';
import { LimitCounters } from '../limits/counters.js';
import { memoryStore } from '../memory/memory-store.js';
import type { Notification } from '../notification/notification.js';
import type { Store } from '../ports/store.js';
import { offsetIn } from '../test-doubles/emitter-parts.js';
import { appendMany, appendOne, sampleDraft } from '../test-doubles/envelopes.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { History, type HistoryRequest } from './history.js';

function historyOf(store: Store, counters = new LimitCounters()) {
  const history = new History(store, new ChannelNames(), counters);
  return async (fields: Partial<HistoryRequest> = {}) => {
    const request = { principal: { userId: '1' }, groups: ['a'], limit: 100, ...fields };
    const page = await history.read(request);
    // What was written by us is read back as what we say it is.
    const items = page.items.map((text): Notification => JSON.parse(text));
    return { cursor: page.cursor, items };
  };
}

/** Appends with times of one's choice. */
async function append(store: Store, channel: string, ...times: readonly number[]): Promise<void> {
  await store.append(times.map((time) => sampleDraft(channel, time, { time })));
}

test('the newest come first, merged by time over own channel, groups and all', async () => {
  const store = memoryStore();
  await append(store, 'user:1', 10, 40);
  await append(store, 'group:a', 20, 50);
  await append(store, 'all', 30);
  await append(store, 'user:2', 60);
  const { items } = await historyOf(store)();
  expect(items.map(({ channel, time }) => `${channel} ${time}`)).toEqual([
    'group:a 50',
    'user:1 40',
    'all 30',
    'group:a 20',
    'user:1 10',
  ]);
  expect(items[0]).toMatchObject({ type: 'message', offset: 2, data: { n: 50 } });
});

test("G1 within a channel offsets decide, whatever the publishers' clocks say", async () => {
  const store = memoryStore();
  await append(store, 'user:1', 50, 10, 40);
  await append(store, 'group:a', 30, 45);
  const { items } = await historyOf(store)();
  const offsets = (name: string) =>
    items.filter(({ channel }) => channel === name).map(({ offset }) => offset);
  expect(offsets('user:1')).toEqual([3, 2, 1]);
  expect(offsets('group:a')).toEqual([2, 1]);
});

test('limit takes the newest over all channels, sinceMs what is not older', async () => {
  const store = memoryStore();
  await append(store, 'user:1', 10, 20, 30);
  await append(store, 'group:a', 15, 25, 35);
  const read = historyOf(store);
  expect((await read({ limit: 3 })).items.map(({ time }) => time)).toEqual([35, 30, 25]);
  expect((await read({ sinceMs: 25 })).items.map(({ time }) => time)).toEqual([35, 30, 25]);
  expect((await read({ sinceMs: 36 })).items).toEqual([]);
});

test('maxBytes leaves out the oldest, never the newest, and the cursor is the same', async () => {
  const store = memoryStore();
  const counters = new LimitCounters();
  const dataJson = JSON.stringify('ü'.repeat(500));
  await store.append([1, 2, 3, 4].map((time) => sampleDraft('user:1', time, { time, dataJson })));
  const read = historyOf(store, counters);
  const { items, cursor } = await read();
  const size = Buffer.byteLength(JSON.stringify(items[0]));
  const shown = async (maxBytes: number) => {
    const page = await read({ maxBytes });
    expect(page.cursor).toBe(cursor);
    return page.items.map(({ offset }) => offset);
  };
  expect(await shown(4 * size)).toEqual([4, 3, 2, 1]);
  expect(counters.snapshot().historyBytes).toBe(0);
  expect(await shown(4 * size - 1)).toEqual([4, 3, 2]);
  expect(await shown(2 * size)).toEqual([4, 3]);
  expect(await shown(1)).toEqual([4]);
  expect(counters.snapshot().historyBytes).toBe(3);
});

test('an anonymous client sees all only; a group asked for twice is read once', async () => {
  const store = new ObservedStore(memoryStore());
  await append(store, 'user:1', 1);
  await append(store, 'all', 2);
  const read = historyOf(store);
  const { items } = await read({ principal: { userId: null }, groups: [] });
  expect(items.map(({ channel }) => channel)).toEqual(['all']);
  await read({ groups: ['a', 'a'] });
  expect(store.positionCalls.at(-1)).toEqual(['user:1', 'group:a', 'all']);
});

test('a bad group is refused', async () => {
  await expect(historyOf(memoryStore())({ groups: ['\u0007'] })).rejects.toMatchObject({
    code: 'CHANNEL_INVALID',
  });
});

test('G3 the cursor goes on exactly where the page ends, also when more is stored meanwhile', async () => {
  const store = new ObservedStore(memoryStore());
  await appendMany(store, 'user:1', 7);
  await appendMany(store, 'group:a', 2);
  store.after.set('positions', async () => {
    await appendMany(store, 'user:1', 5, 8);
    await appendOne(store, 'group:a', 3);
  });
  for (const limit of [3, 7, 100]) {
    const { items, cursor } = await historyOf(store)({ limit });
    for (const channel of ['user:1', 'group:a']) {
      const shown = items.filter((item) => item.channel === channel).map(({ offset }) => offset);
      // What is newer than the newest shown is still to come, and nothing else.
      if (shown.length > 0) expect(offsetIn(cursor, channel)).toBe(shown[0]);
    }
    expect(offsetIn(cursor, 'all')).toBe(0);
  }
});

test('G3 the cursor is the head where the newest items have expired', async () => {
  const store = new MutableStore();
  await appendMany(store, 'user:1', 6);
  store.expire('user:1', 5, 6);
  const { items, cursor } = await historyOf(store)({ limit: 4 });
  expect(items.map(({ offset }) => offset)).toEqual([4, 3]);
  expect(offsetIn(cursor, 'user:1')).toBe(6);
});

test('a store that does not answer rejects', async () => {
  const store = new ObservedStore(memoryStore());
  store.fail('readAfter');
  await expect(historyOf(store)()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
