import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNestedDeeper } from './json-depth.js';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('the depth of any JSON text is what a walk through its value finds', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.nat(8), (text, maxDepth) => {
      expect(isNestedDeeper(text, maxDepth)).toBe(depthOf(JSON.parse(text)) > maxDepth);
    }),
    { numRuns: 2_000 },
  );
});

test('brackets in texts are not counted, however they are quoted', () => {
  expect(isNestedDeeper(String.raw`["[[{{\"[[\\"]`, 1)).toBe(false);
  expect(isNestedDeeper(String.raw`["\\",["]"]]`, 1)).toBe(true);
});
