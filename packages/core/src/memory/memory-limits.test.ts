import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Draft } from '../ports/store.js';
import { newEpoch } from '../positions/new-epoch.js';
import { memoryBroker } from './memory-broker.js';
import { memoryStore } from './memory-store.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function draft(channel: string, key?: string): Draft {
  const id = crypto.randomUUID();
  const fields = { channel, id, type: 'message', time: 1, dataJson: '{}' };
  return key === undefined ? fields : { ...fields, idempotency: { key, digest: 'd' } };
}

test('the channel whose last append is longest ago makes room, and begins a new epoch', async () => {
  const store = memoryStore({ maxChannels: 2 });
  await store.append([draft('user:1'), draft('user:2'), draft('user:1')]);
  const [before] = await store.positions(['user:2']);
  await store.append([draft('user:3')]);
  const offsets = (await store.positions(['user:1', 'user:2', 'user:3'])).map((p) => p.offset);
  expect(offsets).toEqual([2, 0, 1]);
  await store.append([draft('user:2')]);
  const [after] = await store.positions(['user:2']);
  expect(after?.offset).toBe(1);
  expect(after?.epoch).not.toBe(before?.epoch);
});

test('an idempotency key is forgotten exactly at the end of its window', async () => {
  const store = memoryStore({ idempotencyWindowMs: 1_000 });
  const statusOf = async (key: string) => (await store.append([draft('user:1', key)]))[0]?.status;
  expect(await statusOf('k')).toBe('appended');
  vi.advanceTimersByTime(999);
  expect(await statusOf('k')).toBe('duplicate');
  vi.advanceTimersByTime(1);
  expect(await statusOf('k')).toBe('appended');
});

test('the oldest idempotency keys make room', async () => {
  const store = memoryStore({ maxIdempotencyKeys: 2 });
  const outcomes = await store.append(['a', 'b', 'c', 'b', 'a'].map((key) => draft('user:1', key)));
  expect(outcomes.map(({ status }) => status)).toEqual([
    'appended',
    'appended',
    'appended',
    'duplicate',
    'appended',
  ]);
});

test('work that exceeds the limit is refused, and what waits stays', async () => {
  const { dueWork } = memoryStore({ maxDueWork: 2 });
  const work = (key: string) => ({ key, afterMs: 0, workJson: '{}' });
  await expect(dueWork?.schedule(['a', 'b', 'c'].map(work))).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    retryable: true,
  });
  const taken = (await dueWork?.take(9, 1_000)) ?? [];
  expect(taken.map(({ key }) => key)).toEqual(['a', 'b']);
});

test('a finished key is forgotten exactly after a day, and earlier only to make room', async () => {
  const { dueWork } = memoryStore({ maxDueWork: 2 });
  const keysTaken = async () => (await dueWork?.take(9, 1_000))?.map(({ key }) => key);
  const finishNew = async (...keys: string[]) => {
    await dueWork?.schedule(keys.map((key) => ({ key, afterMs: 0, workJson: '{}' })));
    const taken = (await dueWork?.take(9, 1_000)) ?? [];
    for (const one of taken) await dueWork?.finish(one);
    return taken.map(({ key }) => key);
  };
  expect(await finishNew('a', 'b')).toEqual(['a', 'b']);
  expect(await finishNew('a', 'b')).toEqual([]);
  vi.advanceTimersByTime(86_399_999);
  expect(await finishNew('a')).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(await finishNew('a')).toEqual(['a']);
  expect(await finishNew('b', 'c')).toEqual(['b', 'c']);
  expect(await finishNew('a')).toEqual(['a']);
  expect(await keysTaken()).toEqual([]);
});

test('nothing of it needs a timer', async () => {
  const store = memoryStore();
  await store.append([draft('user:1', 'k')]);
  await store.dueWork?.schedule([{ key: 'a', afterMs: 5, workJson: '{}' }]);
  await store.dueWork?.take(1, 5);
  const broker = memoryBroker();
  await broker.start({ receive: () => {}, resync: () => {}, status: () => {} });
  expect(vi.getTimerCount()).toBe(0);
});

test('unknown and wrong options are refused', () => {
  const invalid = expect.objectContaining({ code: 'OPTIONS_INVALID' });
  expect(() => memoryStore({ retention: { maxCount: 0 } })).toThrow(invalid);
  // Deliberately wrong: what an untyped caller could pass.
  const unknown = { maxLogs: 1 } as Parameters<typeof memoryStore>[0];
  expect(() => memoryStore(unknown)).toThrow(invalid);
});

test('epochs are 12 characters of [0-9a-z] and differ', () => {
  const epochs = Array.from({ length: 1_000 }, newEpoch);
  for (const epoch of epochs) expect(epoch).toMatch(/^[0-9a-z]{12}$/);
  expect(new Set(epochs).size).toBe(1_000);
});
