import { expect, test } from 'vitest';
import { slotOf } from './slot-of.js';

// As redis-server 7.0.15 answers CLUSTER KEYSLOT.
test.each([
  ['123456789', 12_739],
  ['rn:{user:42}:head', 15_880],
  ['ü{ä}', 13_929],
  ['foo{}{bar}', 8_363],
  ['{}foo', 9_500],
  ['foo{{bar}}zap', 4_015],
  ['foo{bar', 15_278],
  ['', 0],
])('%s', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});
