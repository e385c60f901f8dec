import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CloseReason } from './close-reason.js';
import { Deadlines, type Mortal } from './deadlines.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const reason: CloseReason = { code: 'EXPIRED', returnMs: null };

function mortal(): Mortal & {
  readonly ends: { readonly at: number; readonly reason: CloseReason }[];
} {
  const ends: { readonly at: number; readonly reason: CloseReason }[] = [];
  return {
    ends,
    get closed() {
      return ends.length > 0;
    },
    close: (why) => void ends.push({ at: Date.now(), reason: why }),
  };
}

function started(): Deadlines {
  const deadlines = new Deadlines();
  deadlines.start();
  return deadlines;
}

test('G8 a stream is closed when its time has come, not before and at most a second late', () => {
  const deadlines = started();
  for (const offset of [1, 999, 1_000, 1_001, 5_500, 60_000]) {
    const stream = mortal();
    const at = Date.now() + offset;
    deadlines.add(stream, at, reason);
    vi.advanceTimersByTime(offset - 1);
    expect(stream.ends).toEqual([]);
    vi.advanceTimersByTime(1_001);
    expect(stream.ends).toHaveLength(1);
    expect(stream.ends[0]?.reason).toBe(reason);
    expect(stream.ends[0]?.at).toBeGreaterThanOrEqual(at);
  }
});

test('a time that is past already closes with the next second', () => {
  const deadlines = started();
  const stream = mortal();
  deadlines.add(stream, Date.now() - 10_000, reason);
  vi.advanceTimersByTime(1_000);
  expect(stream.ends).toHaveLength(1);
});

test('a stream is closed by the first of its deadlines only', () => {
  const deadlines = started();
  const stream = mortal();
  deadlines.add(stream, Date.now() + 5_000, reason);
  deadlines.add(stream, Date.now() + 2_000, { code: 'MAX_AGE', returnMs: 0 });
  vi.advanceTimersByTime(10_000);
  expect(stream.ends.map((end) => end.reason.code)).toEqual(['MAX_AGE']);
});

test('what was forgotten closes nobody, and others of the same second are closed nevertheless', () => {
  const deadlines = started();
  const [forgotten, kept] = [mortal(), mortal()];
  const at = Date.now() + 3_000;
  const forget = deadlines.add(forgotten, at, reason);
  deadlines.add(kept, at, reason);
  forget();
  forget();
  vi.advanceTimersByTime(5_000);
  forget();
  expect(forgotten.ends).toEqual([]);
  expect(kept.ends).toHaveLength(1);
});

test('one timer serves all of them, and none is left after close', () => {
  const deadlines = started();
  const streams = Array.from({ length: 100 }, mortal);
  streams.forEach((each, index) => void deadlines.add(each, Date.now() + index * 100, reason));
  expect(vi.getTimerCount()).toBe(1);
  deadlines.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(streams.flatMap(({ ends }) => ends)).toEqual([]);
});
