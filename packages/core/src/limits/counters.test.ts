import { expect, test } from 'vitest';
import { LimitCounters } from './counters.js';
import { limitTable } from './limit-table.js';

test('every limit has a counter, 0 at first, and the counts that were handed out do not change', () => {
  const counters = new LimitCounters();
  const before = counters.snapshot();
  expect(Object.keys(before)).toEqual(Object.keys(limitTable));
  expect(new Set(Object.values(before))).toEqual(new Set([0]));
  counters.count('fragments');
  counters.count('fragments');
  expect(counters.snapshot()).toEqual({ ...before, fragments: 2 });
  expect(before.fragments).toBe(0);
});

test('an error is counted once, with its code and its time', () => {
  const counters = new LimitCounters();
  expect(counters.exceeded('users', 'too many', { code: 'AUDIENCE_INVALID' })).toMatchObject({
    code: 'AUDIENCE_INVALID',
    message: 'too many',
  });
  expect(counters.exceeded('connectRate', 'too fast', { returnMs: 1.5 })).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    returnMs: 2,
  });
  expect(counters.snapshot()).toMatchObject({ users: 1, connectRate: 1 });
});
