import { expect, test } from 'vitest';
import { longestAgeMs, type RetentionOptions, retentionOf, retentionSchema } from './retention.js';

const rules = (options: RetentionOptions = {}) => retentionSchema.parse(options);

test('the first class that a channel belongs to counts, and takes over what it leaves out', () => {
  const kept = rules({
    maxCount: 7,
    maxBytes: false,
    classes: [
      { channels: ['user:vip-', 'control'], maxAgeMs: false, maxBytes: 9 },
      { channels: ['user:'], maxCount: 2 },
    ],
  });
  const week = 604_800_000;
  expect(retentionOf('user:vip-1', kept)).toMatchObject({
    maxCount: 7,
    maxAgeMs: false,
    maxBytes: 9,
  });
  expect(retentionOf('control', kept)).toMatchObject({ maxCount: 7, maxAgeMs: false, maxBytes: 9 });
  expect(retentionOf('user:1', kept)).toMatchObject({
    maxCount: 2,
    maxAgeMs: week,
    maxBytes: false,
  });
  expect(retentionOf('group:1', kept)).toEqual({ maxCount: 7, maxAgeMs: week, maxBytes: false });
});

test('the longest age is that of any class', () => {
  const channels = ['all'];
  expect(longestAgeMs(rules({ maxAgeMs: 5 }))).toBe(5);
  expect(longestAgeMs(rules({ maxAgeMs: 5, classes: [{ channels, maxAgeMs: 9 }] }))).toBe(9);
  expect(longestAgeMs(rules({ maxAgeMs: 5, classes: [{ channels, maxAgeMs: false }] }))).toBe(
    false,
  );
});

test.each<[string, object]>([
  ['nothing kept', { maxCount: 0 }],
  ['no age', { maxAgeMs: 0 }],
  ['an age of true', { maxAgeMs: true }],
  ['an age that ends at no date', { maxAgeMs: Number.MAX_SAFE_INTEGER }],
  ['no bytes', { maxBytes: 0 }],
  ['an unknown name', { maxItems: 3 }],
  ['a class of no channels', { classes: [{ channels: [], maxCount: 3 }] }],
  ['a class of all channels', { classes: [{ channels: [''], maxCount: 3 }] }],
  ['an unknown name in a class', { classes: [{ channels: ['all'], maxAge: 3 }] }],
])('%s is refused', (_, options) => {
  expect(retentionSchema.safeParse(options).success).toBe(false);
});
