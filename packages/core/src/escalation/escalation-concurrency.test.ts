import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import {
  type EscalationTest,
  escalating,
  fakeClocks,
  unseenAfterMs,
} from '../test-doubles/escalation-parts.js';
import { gate } from '../test-doubles/gate.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import type { EscalationCall } from './escalation-options.js';

beforeEach(() => void vi.useFakeTimers(fakeClocks(Date.UTC(2026, 0, 1, 12))));
afterEach(() => void vi.useRealTimers());

const elapse = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Two rules: `mail` for orders, `sms` for messages, and who was sent which. */
async function started(options: EscalationTest) {
  const texts: EscalationCall[] = [];
  const parts = await escalating({
    ...options,
    otherRules: [
      {
        name: 'sms',
        types: ['message'],
        unseenAfterMs,
        to: (call) => void texts.push(call),
      },
    ],
  });
  onTestFinished(() => parts.notifier.close());
  const text = (user: string) =>
    parts.notifier.notify({ to: { user }, type: 'message', data: { text: 'hello' } });
  return { ...parts, texts, text };
}

test('a rule whose service hangs does not hold up the others, however much of it is due before', async () => {
  const { approve, text, calls, texts } = await started({
    hook: () => new Promise(() => {}),
    concurrency: 4,
  });
  for (let i = 0; i < 100; i += 1) await approve(`u${i}`);
  for (let i = 0; i < 20; i += 1) await text(`u${i}`);
  await elapse(unseenAfterMs + 5_000);
  expect(texts).toHaveLength(20);
  expect(calls).toHaveLength(4);
  expect(texts.every(({ attempt, mayRepeat }) => attempt === 1 && !mayRepeat)).toBe(true);
});

test('what was passed over is called for when its service answers again, each once', async () => {
  const answering = gate();
  const { approve, text, calls, texts } = await started({
    hook: () => answering.passed,
    concurrency: 4,
  });
  for (let i = 0; i < 100; i += 1) await approve(`u${i}`);
  await text('u0');
  await elapse(unseenAfterMs + 20_000);
  expect([texts.length, calls.length]).toEqual([1, 4]);
  answering.open();
  await elapse(120_000);
  expect(new Set(calls.map(({ key }) => key)).size).toBe(100);
  expect(calls.map(({ attempt, mayRepeat }) => [attempt, mayRepeat])).toEqual(
    calls.map(() => [1, false]),
  );
});

test('nothing is leased for long that cannot be called for now', async () => {
  const store = new ObservedStore(memoryStore());
  const { dueWork } = store;
  if (dueWork === undefined) throw new Error('no due work');
  const taken = vi.spyOn(dueWork, 'take');
  const { approve, text, calls } = await started({
    store,
    hook: () => new Promise((resolve) => setTimeout(resolve, 100)),
    concurrency: 4,
  });
  for (let i = 0; i < 40; i += 1) await approve(`u${i}`);
  await text('u0');
  const postponed = vi.spyOn(dueWork, 'postpone');
  await elapse(unseenAfterMs + 3_000);
  expect(calls).toHaveLength(40);
  // A service that is only busy is waited for.
  expect(postponed).not.toHaveBeenCalled();
  expect(Math.max(...taken.mock.calls.map(([limit]) => limit))).toBe(4);
});

test('where there is no other rule, what is due waits in the store, and not for long pauses', async () => {
  const store = new ObservedStore(memoryStore());
  const { dueWork } = store;
  if (dueWork === undefined) throw new Error('no due work');
  const answering = gate();
  const { notifier, approve, calls } = await escalating({
    ...{ store, concurrency: 4 },
    hook: () => answering.passed,
  });
  onTestFinished(() => notifier.close());
  const taken = vi.spyOn(dueWork, 'take');
  const postponed = vi.spyOn(dueWork, 'postpone');
  for (let i = 0; i < 40; i += 1) await approve(`u${i}`);
  await elapse(unseenAfterMs + 20_000);
  expect(calls).toHaveLength(4);
  const asked = taken.mock.calls.length;
  await elapse(5_000);
  expect(taken.mock.calls.length).toBe(asked);
  answering.open();
  await elapse(100);
  expect(calls).toHaveLength(40);
  expect(postponed).not.toHaveBeenCalled();
});
