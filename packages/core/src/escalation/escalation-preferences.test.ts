import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import type { Preferences } from '../preferences/preferences.js';
import {
  type EscalationTest,
  escalating,
  fakeClocks,
  LastingStore,
  unseenAfterMs,
} from '../test-doubles/escalation-parts.js';

const noon = Date.UTC(2026, 0, 1, 12);
const hourMs = 3_600_000;

beforeEach(() => void vi.useFakeTimers(fakeClocks(noon)));
afterEach(() => void vi.useRealTimers());

/** Lets so much time go by, and a poll more. */
const elapse = (ms: number) => vi.advanceTimersByTimeAsync(ms + 1_500);

async function started(options?: EscalationTest) {
  const parts = await escalating(options);
  onTestFinished(() => parts.notifier.close());
  return parts;
}

test('a medium that the user does not want is not used, by any name the host gives it', async () => {
  const asked: string[] = [];
  const { approve, calls } = await started({
    rule: { medium: 'letter' },
    preferences: { media: { letter: false } },
    preferencesOf: async (userId): Promise<Preferences | undefined> => {
      asked.push(userId);
      return userId === 'u1' ? { types: { 'order.approved': { letter: true } } } : undefined;
    },
  });
  for (const userId of ['u1', 'u2']) await approve(userId);
  await elapse(unseenAfterMs);
  await elapse(hourMs / 2);
  expect(calls.map(({ userId }) => userId)).toEqual(['u1']);
  expect(asked.toSorted()).toEqual(['u1', 'u2']);
});

test('what is due in quiet hours waits for their end, and is looked at again then', async () => {
  const quietHours = { from: '13:00', until: '13:30', timeZone: 'Europe/Berlin' };
  const { approve, calls, seen } = await started({
    preferencesOf: (userId) => (userId === 'awake' ? {} : { quietHours }),
  });
  const { id } = await approve('looks');
  for (const userId of ['asleep', 'awake']) await approve(userId);
  await elapse(unseenAfterMs);
  expect(calls.map(({ userId }) => userId)).toEqual(['awake']);
  seen.add(id);
  // 13:30 in Berlin is 12:30 UTC.
  await vi.advanceTimersByTimeAsync(noon + hourMs / 2 - 1 - Date.now());
  expect(calls).toHaveLength(1);
  await elapse(1);
  expect(calls.map(({ userId }) => userId)).toEqual(['awake', 'asleep']);
  expect(calls[1]?.attempt).toBe(1);
});

test('no more than the throttle lets through, on all nodes together; the rest follows', async () => {
  const windowMs = 600_000;
  const store = new LastingStore(memoryStore());
  const preferences = { throttle: { mail: { limit: 2, windowMs } } };
  const nodes = [
    await started({ store, preferences }),
    await started({ store, preferences }),
  ] as const;
  for (let i = 0; i < 5; i += 1) await nodes[0].approve('u1');
  await nodes[0].approve('u2');
  const countOf = (user: string) =>
    nodes.flatMap(({ calls }) => calls).filter(({ userId }) => userId === user).length;
  await elapse(unseenAfterMs);
  expect([countOf('u1'), countOf('u2')]).toEqual([2, 1]);
  await elapse(windowMs);
  expect(countOf('u1')).toBe(4);
  await elapse(windowMs);
  expect([countOf('u1'), countOf('u2')]).toEqual([5, 1]);
});

test('a call that fails and is made again counts once for the throttle', async () => {
  const { approve, calls } = await started({
    preferences: { throttle: { mail: { limit: 1, windowMs: 24 * hourMs } } },
    hook: ({ attempt }) => (attempt < 3 ? Promise.reject(new Error('no')) : undefined),
  });
  await approve('u1');
  await elapse(unseenAfterMs + 60_000);
  expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test('a digest is one call for a window, of what was not seen, the oldest first', async () => {
  const { approve, calls, seen, notifier } = await started({
    rule: { digestMs: hourMs, types: ['order.approved', 'message'] },
    preferences: { types: { message: { mail: false } } },
  });
  const first = await approve('u1');
  await notifier.notify({ to: { user: 'u1' }, type: 'message', data: { text: 'not by mail' } });
  seen.add((await approve('u1')).id);
  await vi.advanceTimersByTimeAsync(hourMs / 2);
  const second = await approve('u1');
  const other = await approve('u2');
  await vi.advanceTimersByTimeAsync(hourMs / 2);
  const later = await approve('u1');
  await vi.advanceTimersByTimeAsync(unseenAfterMs);
  expect(calls).toEqual([]);
  await elapse(6_000);
  const told = () =>
    calls.map(({ userId, notifications }) => [userId, ...notifications.map(({ id }) => id)]);
  expect(told().toSorted()).toEqual([
    ['u1', first.id, second.id],
    ['u2', other.id],
  ]);
  await elapse(hourMs);
  expect(told().slice(2)).toEqual([['u1', later.id]]);
  expect(new Set(calls.map(({ key }) => key)).size).toBe(3);
});

test('a digest holds the newest hundred', async () => {
  const { approve, calls } = await started({ rule: { digestMs: hourMs } });
  const ids: string[] = [];
  for (let i = 0; i < 250; i += 1) ids.push((await approve('u1')).id);
  await elapse(hourMs + unseenAfterMs + 6_000);
  expect(calls.map(({ notifications }) => notifications.map(({ id }) => id))).toEqual([
    ids.slice(-100),
  ]);
});
