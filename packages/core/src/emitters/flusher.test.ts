import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Flusher } from './flusher.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what becomes due in a tick is flushed together, in order, in the next turn', () => {
  const flusher = new Flusher();
  const flushed: number[] = [];
  for (let n = 1; n <= 3; n += 1) flusher.schedule({ flushDue: () => flushed.push(n) });
  expect(flushed).toEqual([]);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersToNextTimer();
  expect(flushed).toEqual([1, 2, 3]);
  expect(vi.getTimerCount()).toBe(0);
  flusher.schedule({ flushDue: () => flushed.push(4) });
  vi.advanceTimersToNextTimer();
  expect(flushed).toEqual([1, 2, 3, 4]);
});

test('a very large broadcast leaves turns to others', () => {
  const flusher = new Flusher();
  const turns: number[] = [];
  let flushed = 0;
  const flush = (): void => {
    flushed += 1;
  };
  for (let n = 0; n < 2_500; n += 1) flusher.schedule({ flushDue: flush });
  while (vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer();
    turns.push(flushed);
  }
  expect(turns).toEqual([1_000, 2_000, 2_500]);
});

test('what becomes due while others are flushed gets its turn too', () => {
  const flusher = new Flusher();
  const flushed: string[] = [];
  flusher.schedule({
    flushDue: () => {
      flushed.push('first');
      flusher.schedule({ flushDue: () => flushed.push('second') });
    },
  });
  vi.runAllTimers();
  expect(flushed).toEqual(['first', 'second']);
});

test('the root is one batch for a tick, and another for the next', () => {
  const flusher = new Flusher();
  const { root } = flusher;
  flusher.schedule({ flushDue: () => {} });
  expect(flusher.root).toBe(root);
  vi.runAllTimers();
  expect(flusher.root).not.toBe(root);
});
