import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UuidV7Source } from './uuid-v7.js';

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const now = Date.UTC(2026, 0, 1);

function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

function make(times: readonly number[]): readonly string[] {
  const source = new UuidV7Source();
  return times.map((time) => source.next(time));
}

test('version, variant and the 48 bits of time stand where RFC 9562 puts them', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 48 - 2), (time) => {
      const id = new UuidV7Source().next(time);
      expect(id).toMatch(pattern);
      expect(timeOf(id)).toBe(time);
    }),
  );
  expect(new UuidV7Source().next(0)).toMatch(pattern);
});

test('ids sort in the order in which they were made, also when the clock is set back', () => {
  const clocks = fc.array(fc.oneof(fc.nat(5), fc.nat(1_000)), { maxLength: 200 });
  fc.assert(
    fc.property(clocks, (ticks) => {
      const ids = make(ticks.map((tick) => now + tick));
      expect([...ids].sort()).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test('more ids than a millisecond counts borrow from the next, stay sorted and differ', () => {
  const ids = make(Array.from({ length: 10_000 }, () => now));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(10_000);
  for (const id of ids) expect(id).toMatch(pattern);
  const ahead = timeOf(ids.at(-1) ?? '') - now;
  expect(ahead).toBeGreaterThan(0);
  expect(ahead).toBeLessThan(6);
});

test('a later clock is taken at once, also right after borrowing', () => {
  const source = new UuidV7Source();
  for (let made = 0; made < 5_000; made += 1) source.next(now);
  expect(timeOf(source.next(now + 1_000))).toBe(now + 1_000);
});

test('two sources at the same time make different ids, over more than one draw of random bytes', () => {
  const times = Array.from({ length: 2_000 }, () => now);
  const ids = [...make(times), ...make(times)];
  expect(new Set(ids.map((id) => id.slice(-16))).size).toBe(4_000);
});

test('the last four bytes, which are the tag, take all values', () => {
  const bytes = make(Array.from({ length: 3_000 }, () => now)).map((id) => id.slice(-2));
  expect(new Set(bytes).size).toBe(256);
});
