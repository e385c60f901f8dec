import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import {
  type EscalationTest,
  escalating,
  fakeClocks,
  LastingStore,
  unseenAfterMs,
} from '../test-doubles/escalation-parts.js';
import { gate } from '../test-doubles/gate.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import type { EscalationCall } from './escalation-options.js';

beforeEach(() => void vi.useFakeTimers(fakeClocks(Date.UTC(2026, 0, 1, 12))));
afterEach(() => void vi.useRealTimers());

/** Lets so much time go by, and a poll more. */
const elapse = (ms: number) => vi.advanceTimersByTimeAsync(ms + 1_500);

async function started(options?: EscalationTest) {
  const parts = await escalating(options);
  onTestFinished(() => parts.notifier.close());
  return parts;
}

const never = new Promise<never>(() => {});

function factsOf({ attempt, mayRepeat }: EscalationCall) {
  return { attempt, mayRepeat };
}

test('a hook that fails is called again under the same key, later and later', async () => {
  const times: number[] = [];
  const { approve, calls, unescalated } = await started({
    rule: { maxAttempts: 4, retryMs: 10_000 },
    pollMs: 200,
    hook: () => {
      times.push(Date.now());
      if (times.length < 4) throw new Error('no mail today');
    },
  });
  await approve('u1');
  await elapse(unseenAfterMs + 100_000);
  expect(calls.map(factsOf)).toEqual(
    [1, 2, 3, 4].map((attempt) => ({ attempt, mayRepeat: false })),
  );
  expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
  const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  for (const [i, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(5_000 * 2 ** i);
    expect(pause).toBeLessThanOrEqual(10_000 * 2 ** i + 300);
  }
  expect(unescalated).toEqual([]);
});

test('after the last attempt it is told, and left alone', async () => {
  const cause = new Error('no such address');
  const { approve, calls, unescalated } = await started({
    rule: { maxAttempts: 2 },
    hook: () => Promise.reject(cause),
  });
  const { id } = await approve('u1');
  await elapse(unseenAfterMs + 600_000);
  expect(calls).toHaveLength(2);
  expect(unescalated).toEqual([
    {
      ...{ key: `escalation:mail:${id}:u1`, rule: 'mail', userId: 'u1' },
      ...{ notificationIds: [id], attempts: 2 },
      error: expect.objectContaining({ code: 'ESCALATION_FAILED', cause }),
    },
  ]);
});

test('who looks at it between two attempts is not told again', async () => {
  const { approve, calls, seen } = await started({
    hook: () => Promise.reject(new Error('no')),
  });
  const { id } = await approve('u1');
  await elapse(unseenAfterMs);
  seen.add(id);
  await elapse(600_000);
  expect(calls).toHaveLength(1);
});

test('a hook that takes too long is aborted, and may have done it from then on', async () => {
  const { approve, calls } = await started({
    rule: { timeoutMs: 5_000 },
    hook: ({ attempt }) => (attempt === 1 ? never : Promise.reject(new Error('no'))),
  });
  await approve('u1');
  await elapse(unseenAfterMs);
  expect(calls.map(({ signal }) => signal.aborted)).toEqual([false]);
  await elapse(5_000);
  expect(calls[0]?.signal.aborted).toBe(true);
  await elapse(30_000);
  expect(calls.slice(0, 3).map(factsOf)).toEqual([
    { attempt: 1, mayRepeat: false },
    { attempt: 2, mayRepeat: true },
    { attempt: 3, mayRepeat: true },
  ]);
});

test('another node has what a node died over, under the same key, as possibly repeated', async () => {
  const store = new LastingStore(memoryStore());
  const first = await started({ store, hook: () => never });
  await first.approve('u1');
  await elapse(unseenAfterMs);
  await first.notifier.close();
  expect(first.calls[0]?.signal.aborted).toBe(true);
  const second = await started({ store });
  await elapse(50_000);
  expect(second.calls).toEqual([]);
  await elapse(10_000);
  expect(second.calls.map(factsOf)).toEqual([{ attempt: 2, mayRepeat: true }]);
  expect(second.calls[0]?.key).toBe(first.calls[0]?.key);
});

test('what kills every node that calls it is given up', async () => {
  const store = new LastingStore(memoryStore());
  const calls: EscalationCall[] = [];
  for (let i = 0; i < 3; i += 1) {
    const node = await started({ store, rule: { maxAttempts: 3 }, hook: () => never });
    if (i === 0) await node.approve('u1');
    await elapse(unseenAfterMs + 1_000);
    await node.notifier.close();
    calls.push(...node.calls);
  }
  expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  const last = await started({ store, rule: { maxAttempts: 3 } });
  await elapse(unseenAfterMs);
  expect(last.calls).toEqual([]);
  expect(last.unescalated).toMatchObject([{ attempts: 3, error: { code: 'ESCALATION_FAILED' } }]);
});

test('a drain lets the call under way end and takes nothing more', async () => {
  const sent = gate();
  const store = new LastingStore(memoryStore());
  const { notifier, approve, calls } = await started({
    store,
    rule: { timeoutMs: 600_000 },
    hook: () => sent.passed,
  });
  await approve('u1');
  await elapse(unseenAfterMs);
  expect(calls).toHaveLength(1);
  await approve('u2');
  const draining = notifier.drain();
  await elapse(unseenAfterMs);
  expect(calls.map(({ userId }) => userId)).toEqual(['u1']);
  expect(calls[0]?.signal.aborted).toBe(false);
  let isDrained = false;
  void draining.then(() => {
    isDrained = true;
  });
  await elapse(1_000);
  expect(isDrained).toBe(false);
  sent.open();
  await draining;
  const other = await started({ store });
  await elapse(unseenAfterMs);
  expect(other.calls.map(({ userId }) => userId)).toEqual(['u2']);
});

test.each([
  ['a call', { hook: () => never }],
  ['a look at what was seen', { hasSeen: () => never }],
  ['a look at preferences', { preferencesOf: () => never }],
])('nothing is left running after close, in the middle of %s', async (_, options) => {
  const { notifier, approve } = await started({ ...options, hookWaitMs: 60_000 });
  await approve('u1');
  await elapse(unseenAfterMs);
  await notifier.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a store that is away for a while loses no word about a call', async () => {
  const store = new ObservedStore(memoryStore());
  const { dueWork } = store;
  if (dueWork === undefined) throw new Error('no due work');
  const finish = vi.spyOn(dueWork, 'finish');
  finish.mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'));
  const { approve, calls } = await started({ store });
  await approve('u1');
  await elapse(unseenAfterMs + 600_000);
  expect(finish).toHaveBeenCalledTimes(3);
  expect(calls).toHaveLength(1);
});

test('what cannot be found out is asked again, without a call, and told at last', async () => {
  let answers = false;
  const { approve, calls, unescalated } = await started({
    hasSeen: () => (answers ? Promise.resolve(new Set()) : Promise.reject(new Error('away'))),
  });
  await approve('u1');
  await elapse(unseenAfterMs + 100_000);
  expect(calls).toEqual([]);
  answers = true;
  await elapse(130_000);
  expect(calls.map(factsOf)).toEqual([{ attempt: 1, mayRepeat: false }]);
  answers = false;
  await approve('u2');
  await elapse(unseenAfterMs + 9_000_000);
  expect(unescalated).toMatchObject([{ userId: 'u2', attempts: 0 }]);
});

test('a hook for preferences that never answers holds up nothing for good', async () => {
  const { approve, unescalated } = await started({
    preferencesOf: () => never,
    hookWaitMs: 1_000,
    concurrency: 1,
  });
  await approve('u1');
  await approve('u2');
  await elapse(unseenAfterMs + 9_000_000);
  expect(unescalated.map(({ userId }) => userId).toSorted()).toEqual(['u1', 'u2']);
});

test('work of a rule that only newer nodes have is left to them, and is the first call there', async () => {
  const store = new LastingStore(memoryStore());
  const older = await started({ store, rule: { name: 'push' } });
  // The newer one comes late: until then the older one looks at its work many times.
  const publisher = await started({ store, notifier: { publishOnly: true } });
  await publisher.approve('u1');
  await elapse(unseenAfterMs + 60_000);
  const newer = await started({ store });
  await older.notifier.close();
  await elapse(5_000);
  expect(newer.calls.map(factsOf)).toEqual([{ attempt: 1, mayRepeat: false }]);
  expect([...older.unescalated, ...newer.unescalated]).toEqual([]);
});

test('work of no rule is forgotten after an hour', async () => {
  const store = new LastingStore(memoryStore());
  const publisher = await started({ store, notifier: { publishOnly: true } });
  await publisher.approve('u1');
  await started({ store, rule: { name: 'push' }, pollMs: 60_000 });
  await elapse(unseenAfterMs + 720 * 90_000);
  expect(await store.dueWork?.take(9, 1)).toEqual([]);
});
