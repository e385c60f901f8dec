import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { type Cursor, channelKey, cursorEntry, joinCursor, parseCursor } from './cursor.js';
import type { Position } from './position.js';

const invalid = expect.objectContaining({ code: 'CURSOR_INVALID' });
const valid = 'c1~016167770837b269.e1.7.0000002a';

/** Undefined where the text is refused; anything but the documented refusal fails the test. */
function tryParse(text: string): Cursor | undefined {
  try {
    return parseCursor(text);
  } catch (error) {
    if (NotifyError.is(error) && error.code === 'CURSOR_INVALID') return undefined;
    throw error;
  }
}

function write(cursor: Cursor): string {
  return joinCursor([...cursor].map(([key, position]) => cursorEntry(key, position)));
}

const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => text.length === digits);
const position: fc.Arbitrary<Position> = fc.record({
  epoch: fc.stringMatching(/^[0-9a-z]{1,16}$/),
  offset: fc.oneof(fc.nat(100), fc.maxSafeNat()),
  tag: hex(8),
});
const cursor = fc
  .uniqueArray(fc.tuple(hex(16), position), { maxLength: 32, selector: ([key]) => key })
  .map((entries) => new Map(entries));

test('any positions survive the way through the text, and 32 channels always fit', () => {
  fc.assert(
    fc.property(cursor, (positions) => {
      const text = write(positions);
      expect(parseCursor(text)).toEqual(positions);
      expect(text).toMatch(/^[0-9a-z.~]*$/);
    }),
  );
});

test('the longest positions of 34 channels still make a cursor that is taken', () => {
  const longest = { epoch: 'z'.repeat(16), offset: Number.MAX_SAFE_INTEGER, tag: 'f'.repeat(8) };
  const keys = Array.from({ length: 34 }, (_, index) => channelKey(`group:${index}`));
  const text = joinCursor(keys.map((key) => cursorEntry(key, longest)));
  expect(parseCursor(text).size).toBe(34);
});

test('a cursor of no channel is the version alone', () => {
  expect(joinCursor([])).toBe('c1');
  expect(parseCursor('c1').size).toBe(0);
});

test('hostile text is either refused as documented or is exactly what we would write', () => {
  const mutated = fc
    .tuple(cursor, fc.nat(), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([positions, at, removed, added]) => {
      const text = write(positions);
      const start = at % (text.length + 1);
      return text.slice(0, start) + added + text.slice(start + removed);
    });
  const pieces = fc
    .array(
      fc.constantFrom('c1', '~', '.', '0', '7', 'e1', '0123456789abcdef', '-1', 'ffffffff', ' '),
    )
    .map((parts) => parts.join(''));
  const hostile = fc.oneof(fc.string({ unit: 'binary' }), mutated, pieces);
  fc.assert(
    fc.property(hostile, (text) => {
      const parsed = tryParse(text);
      if (parsed !== undefined) expect(write(parsed)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['nothing', ''],
  ['another version', valid.replace('c1', 'c2')],
  ['the version in capitals', valid.replace('c1', 'C1')],
  ['an empty entry', 'c1~'],
  ['an empty entry at the end', `${valid}~`],
  ['a channel twice', `${valid}~${valid.slice(3)}`],
  ['a channel twice with another position', `${valid}~016167770837b269.e1.8.0000002a`],
  ['a key in capitals', 'c1~016167770837B269.e1.7.0000002a'],
  ['a key too short', 'c1~16167770837b269.e1.7.0000002a'],
  ['no epoch', 'c1~016167770837b269..7.0000002a'],
  ['an epoch of 17 characters', `c1~016167770837b269.${'e'.repeat(17)}.7.0000002a`],
  ['a leading zero', 'c1~016167770837b269.e1.07.0000002a'],
  ['a negative offset', 'c1~016167770837b269.e1.-7.0000002a'],
  ['a fraction', 'c1~016167770837b269.e1.7.5.0000002a'],
  ['an exponent', 'c1~016167770837b269.e1.1e9.0000002a'],
  ['the first unsafe integer', 'c1~016167770837b269.e1.9007199254740992.0000002a'],
  ['an offset of 17 digits', 'c1~016167770837b269.e1.10000000000000000.0000002a'],
  ['a tag of 7 digits', 'c1~016167770837b269.e1.7.000002a'],
  ['a tag of 9 digits', 'c1~016167770837b269.e1.7.00000002a'],
  ['a line feed at the end', `${valid}\n`],
  ['a space before', ` ${valid}`],
  ['fullwidth digits', valid.replace('.7.', '.\uff17.')],
  ['8 KB', `c1~${'0'.repeat(8_192)}`],
  ['well-formed entries beyond 2,048 characters', [valid, ...manyEntries(35)].join('~')],
])('%s is refused', (_, text) => {
  expect(() => parseCursor(text)).toThrow(invalid);
});

test('the greatest safe offset and offset 0 are taken', () => {
  expect([...parseCursor(valid.replace('.7.', '.9007199254740991.')).values()][0]?.offset).toBe(
    Number.MAX_SAFE_INTEGER,
  );
  expect([...parseCursor(valid.replace('.7.', '.0.')).values()][0]?.offset).toBe(0);
});

test('8 KB cost no more than the look at their length', () => {
  // The refusal names the limit: the text was not taken apart.
  expect(() => parseCursor(`c1${'~'.repeat(8_190)}`)).toThrow('at most 2048 characters');
});

test.each([
  // Vectors of the FNV authors (draft-eastlake-fnv, 64-bit FNV-1a).
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['b', 'af63df4c8601f1a5'],
  ['foobar', '85944171f73967e8'],
  ['chongo was here!\n', '46810940eff5f915'],
])('the key of %j is its 64-bit FNV-1a', (text, key) => {
  expect(channelKey(text)).toBe(key);
});

test('the key is made of UTF-8 bytes', () => {
  expect(channelKey('user:Grüße')).toBe('996994b71d0f2eb3');
  expect(channelKey('user:🎉')).toBe('5254a17438c2dfa8');
});

test('the key has 16 digits, whatever the channel', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(channelKey(text)).toMatch(/^[0-9a-f]{16}$/);
    }),
  );
});

function manyEntries(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    cursorEntry(channelKey(`group:${index}`), {
      epoch: 'z'.repeat(16),
      offset: Number.MAX_SAFE_INTEGER,
      tag: '00000000',
    }),
  );
}
