import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { originPosition } from '../positions/position.js';
import { appendMany, appendOne, positionOf } from '../test-doubles/envelopes.js';
import { gate } from '../test-doubles/gate.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { StoreReads } from './store-reads.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function parts() {
  const store = new ObservedStore(memoryStore());
  return { store, reads: new StoreReads(store, { pageItems: 10, pageBytes: 10_000 }) };
}

async function all<Answer>(asked: readonly Promise<Answer>[]) {
  const settled = Promise.allSettled(asked);
  await vi.advanceTimersByTimeAsync(1);
  return settled;
}

test('what is asked for in one tick goes to the store in one call', async () => {
  const { store, reads } = parts();
  await appendMany(store, 'user:1', 3);
  await appendMany(store, 'user:2', 2);
  const [one, two] = await all([reads.page('user:1', 1, 10), reads.page('user:2', 0, 1)]);
  expect(store.reads).toEqual([
    [
      { channel: 'user:1', after: 1, limit: 10 },
      { channel: 'user:2', after: 0, limit: 1 },
    ],
  ]);
  expect(one).toMatchObject({ value: { items: [{ offset: 2 }, { offset: 3 }] } });
  expect(two).toMatchObject({ value: { items: [{ offset: 1 }], head: { offset: 2 } } });
});

test('equal questions share one answer, others do not', async () => {
  const { store, reads } = parts();
  const same = Array.from({ length: 1_000 }, () => reads.page('user:1', 5, 10));
  const others = [
    reads.page('user:1', 5, 11),
    reads.page('user:1', 6, 10),
    reads.page('user:2', 5, 10),
  ];
  const settled = await all([...same, ...others]);
  expect(store.reads.map((requests) => requests.length)).toEqual([4]);
  const answers = settled.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
  expect(new Set(answers.slice(0, 1_000)).size).toBe(1);
  expect(answers).not.toContain(undefined);
});

test('a channel cannot be named so that another question is taken for it', async () => {
  const { store, reads } = parts();
  await all([
    reads.page('user', 2, 31),
    reads.page('1user', 2, 3),
    reads.page('user', 23, 1),
    reads.page('1 user', 2, 3),
    reads.page('3 1 user', 2, 3),
  ]);
  expect(store.reads[0]).toHaveLength(5);
});

test('S7 a question asked after the call went out is asked anew: no answer is older than the asking', async () => {
  const { store, reads } = parts();
  const answer = gate();
  store.after.set('positions', () => answer.passed);
  const early = reads.position('user:1');
  await vi.advanceTimersByTimeAsync(1);
  await appendOne(store, 'user:1', 1);
  const late = reads.position('user:1');
  answer.open();
  store.after.clear();
  const [before, after] = await all([early, late]);
  expect(store.positionCalls).toEqual([['user:1'], ['user:1']]);
  expect([before, after]).toMatchObject([{ value: { offset: 0 } }, { value: { offset: 1 } }]);
});

test('a failing store fails everybody who asked, and the next question is asked', async () => {
  const { store, reads } = parts();
  store.fail('positions');
  const failed = await all([
    reads.position('user:1'),
    reads.position('user:1'),
    reads.position('user:2'),
  ]);
  for (const each of failed) {
    expect(each).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
  }
  store.recover();
  expect(await all([reads.position('user:1')])).toMatchObject([{ status: 'fulfilled' }]);
});

test('G9 more than 500 questions go in several calls, each answered by its own', async () => {
  const { store, reads } = parts();
  await appendMany(store, 'user:1100', 4);
  const asked = Array.from({ length: 1_101 }, (_, index) => reads.position(`user:${index}`));
  const settled = await all(asked);
  expect(store.positionCalls.map(({ length }) => length)).toEqual([500, 500, 101]);
  expect(settled.at(-1)).toMatchObject({ value: { offset: 4 } });
});

test('one failing call fails its own questions only', async () => {
  const { store, reads } = parts();
  store.before.set('positions', async () => {
    if (store.positionCalls.length === 1) throw new Error('no');
  });
  const settled = await all(
    Array.from({ length: 501 }, (_, index) => reads.position(`user:${index}`)),
  );
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(500);
  expect(settled.at(-1)?.status).toBe('fulfilled');
});

test('a store that gives too few answers fails who got none, instead of leaving them waiting', async () => {
  const { store, reads } = parts();
  store.positions = async () => [];
  expect(await all([reads.position('user:1')])).toMatchObject([
    { status: 'rejected', reason: { message: 'the store gave too few answers' } },
  ]);
});

test('G3 clients that come back with the same cursor, over seconds, share what was read for the first', async () => {
  const { store, reads } = parts();
  const envelopes = await appendMany(store, 'all', 12);
  const at = envelopes.slice(0, 1).map(positionOf)[0] ?? originPosition;
  const pages = new Set();
  for (let client = 0; client < 1_000; client += 1) {
    const [page] = await all([reads.sharedPageFrom('all', at)]);
    pages.add(page?.status === 'fulfilled' ? page.value : page?.reason);
  }
  expect(store.reads).toEqual([[{ channel: 'all', after: 0, limit: 11, maxBytes: 10_000 }]]);
  expect([...pages]).toMatchObject([{ items: { length: 11 } }]);
});

test('a page that is still on its way is shared', async () => {
  const { store, reads } = parts();
  await appendMany(store, 'all', 3);
  const answer = gate();
  store.after.set('readAfter', () => answer.passed);
  const start = { ...originPosition };
  const first = reads.sharedPageFrom('all', start);
  await vi.advanceTimersByTimeAsync(5);
  const second = reads.sharedPageFrom('all', start);
  answer.open();
  await all([first, second]);
  expect(await first).toBe(await second);
  expect(store.reads).toHaveLength(1);
});

test('S7 a page that does not lead on is read anew: the end of a log, another life, an old page', async () => {
  const { store, reads } = parts();
  const envelopes = await appendMany(store, 'all', 3);
  const [second, third] = envelopes.slice(1).map(positionOf);
  if (second === undefined || third === undefined) throw new Error('not appended');
  await all([reads.sharedPageFrom('all', third)]);
  await appendOne(store, 'all', 4);
  const [more] = await all([reads.sharedPageFrom('all', third)]);
  expect(more).toMatchObject({ value: { head: { offset: 4 } } });
  expect(store.reads).toHaveLength(2);

  await all([reads.sharedPageFrom('all', second)]);
  await all([reads.sharedPageFrom('all', { ...second, epoch: 'another' })]);
  await all([reads.sharedPageFrom('all', { ...second, tag: 'ffffffff' })]);
  expect(store.reads).toHaveLength(5);

  await all([reads.sharedPageFrom('all', second)]);
  expect(store.reads).toHaveLength(5);
  await vi.advanceTimersByTimeAsync(30_000);
  await all([reads.sharedPageFrom('all', second)]);
  expect(store.reads).toHaveLength(6);
});

test('a read that failed is not shared with who asks later', async () => {
  const { store, reads } = parts();
  await appendMany(store, 'all', 3);
  store.fail('readAfter');
  const [failed] = await all([reads.sharedPageFrom('all', originPosition)]);
  expect(failed).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
  store.recover();
  const [page] = await all([reads.sharedPageFrom('all', originPosition)]);
  expect(page).toMatchObject({ value: { items: { length: 3 } } });
});

test('closed, no timer is left', async () => {
  const { store, reads } = parts();
  await appendMany(store, 'all', 3);
  await all([reads.sharedPageFrom('all', originPosition)]);
  expect(vi.getTimerCount()).toBe(1);
  reads.close();
  expect(vi.getTimerCount()).toBe(0);
});
