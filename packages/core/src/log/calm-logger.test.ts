import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { calmLogger } from './calm-logger.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded() {
  const lines: [level: string, facts: object, message: string][] = [];
  const at = (level: string) => (facts: object, message: string) =>
    void lines.push([level, facts, message]);
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { lines, logger: calmLogger(logger) };
}

test('a warning that repeats is written once in ten seconds and says how many were left out', () => {
  const { lines, logger } = recorded();
  for (let n = 0; n < 100; n += 1) logger.warn({ n }, 'no store');
  vi.advanceTimersByTime(9_999);
  logger.warn({ n: 100 }, 'no store');
  expect(lines).toEqual([['warn', { n: 0 }, 'no store']]);
  vi.advanceTimersByTime(1);
  logger.warn({ n: 101 }, 'no store');
  logger.warn({ n: 102 }, 'no store');
  vi.advanceTimersByTime(10_000);
  logger.warn({ n: 103 }, 'no store');
  vi.advanceTimersByTime(10_000);
  logger.warn({ n: 104 }, 'no store');
  expect(lines.slice(1)).toEqual([
    ['warn', { n: 101, leftOut: 100 }, 'no store'],
    ['warn', { n: 103, leftOut: 1 }, 'no store'],
    ['warn', { n: 104 }, 'no store'],
  ]);
});

test('another warning is written at once, and so is all that is no warning', () => {
  const { lines, logger } = recorded();
  logger.warn({}, 'no store');
  logger.warn({}, 'no broker');
  for (const level of ['debug', 'info', 'error'] as const) {
    logger[level]({ n: 1 }, level);
    logger[level]({ n: 2 }, level);
  }
  expect(lines.map(([level]) => level)).toEqual([
    ...['warn', 'warn', 'debug', 'debug', 'info', 'info', 'error', 'error'],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});
