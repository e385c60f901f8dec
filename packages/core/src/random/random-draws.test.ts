import { expect, test } from 'vitest';
import { RandomDraws } from './random-draws.js';

test('pieces have the length that was asked for and never share bytes, also across draws', () => {
  const draws = new RandomDraws();
  const pieces = Array.from({ length: 2_000 }, (_, n) => draws.next(8 + (n % 3)));
  expect(pieces.map(({ length }) => length)).toEqual(pieces.map((_, n) => 8 + (n % 3)));
  const texts = pieces.map((piece) => piece.toString('hex', 0, 8));
  expect(new Set(texts).size).toBe(pieces.length);
  for (const piece of pieces) piece.fill(0);
  expect(draws.next(8).equals(Buffer.alloc(8))).toBe(false);
});
