import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EmitterParts } from '../test-doubles/emitter-parts.js';
import { MutableStore } from '../test-doubles/mutable-store.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';
import { Deadlines, type Mortal } from './deadlines.js';

const begin = 1_700_000_000_000;

beforeEach(() => void vi.useFakeTimers({ now: begin }));
afterEach(() => void vi.useRealTimers());

function mortals(count: number) {
  const parts = new EmitterParts(new MutableStore());
  const outlets = Array.from({ length: count }, () => new RecordingOutlet());
  return { outlets, emitters: outlets.map((outlet) => parts.emitter(outlet)) };
}

function watching(all: readonly Mortal[]): Deadlines {
  const deadlines = new Deadlines(() => all);
  deadlines.start();
  return deadlines;
}

const codes = (outlet: RecordingOutlet | undefined) => outlet?.closes.map(({ code }) => code);

test('a stream ends within a second of its time, never before', () => {
  const { outlets, emitters } = mortals(2);
  emitters[0]?.endAt(begin + 2_500, { code: 'MAX_AGE', returnMs: 0 });
  const deadlines = watching(emitters);
  vi.advanceTimersByTime(2_000);
  expect(outlets.map(codes)).toEqual([[], []]);
  vi.advanceTimersByTime(1_000);
  expect(outlets.map(codes)).toEqual([['MAX_AGE'], []]);
  deadlines.close();
});

test('what ends first ends it, and the credential is one of the ends', () => {
  const { outlets, emitters } = mortals(3);
  emitters[0]?.renew({ userId: '1', expiresAt: begin + 1_000 });
  emitters[0]?.endAt(begin + 5_000, { code: 'MAX_AGE', returnMs: 0 });
  emitters[1]?.renew({ userId: '1', expiresAt: begin + 5_000 });
  emitters[1]?.endAt(begin + 1_000, { code: 'MAX_AGE', returnMs: 0 });
  emitters[2]?.endAt(begin + 1_000, { code: 'MAX_AGE', returnMs: 0 });
  emitters[2]?.endAt(begin + 9_000, { code: 'UNAVAILABLE', returnMs: 0 });
  const deadlines = watching(emitters);
  vi.advanceTimersByTime(1_000);
  expect(outlets.map(codes)).toEqual([['EXPIRED'], ['MAX_AGE'], ['MAX_AGE']]);
  deadlines.close();
});

test('a renewed credential moves the end, also to an earlier time', () => {
  const { outlets, emitters } = mortals(2);
  for (const emitter of emitters) emitter.renew({ userId: '1', expiresAt: begin + 2_000 });
  emitters[0]?.renew({ userId: '1', expiresAt: begin + 6_000 });
  emitters[1]?.renew({ userId: '1', expiresAt: begin + 1_000 });
  const deadlines = watching(emitters);
  vi.advanceTimersByTime(1_000);
  expect(outlets.map(codes)).toEqual([[], ['EXPIRED']]);
  vi.advanceTimersByTime(4_000);
  expect(outlets.map(codes)).toEqual([[], ['EXPIRED']]);
  vi.advanceTimersByTime(1_000);
  expect(outlets.map(codes)).toEqual([['EXPIRED'], ['EXPIRED']]);
  deadlines.close();
});

test('nothing runs after close', () => {
  watching([]).close();
  expect(vi.getTimerCount()).toBe(0);
});
