import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OffsetSet } from './offset-set.js';

const offset = fc.integer({ min: 1, max: 80 });
const step = fc.oneof(
  fc.record({ op: fc.constantFrom('add', 'delete'), offset }),
  fc.record({ op: fc.constant('addUpTo'), offset: fc.integer({ min: 0, max: 80 }) }),
);

const all = Array.from({ length: 100 }, (_, index) => index + 1);

/** The set after some steps, and the same as a plain set of numbers. */
function both(start: number, steps: readonly { op: string; offset: number }[]) {
  const set = new OffsetSet(start);
  const plain = new Set(all.filter((each) => each <= start));
  for (const { op, offset: at } of steps) {
    if (op === 'add') {
      set.add(at);
      plain.add(at);
    } else if (op === 'delete') {
      set.delete(at);
      plain.delete(at);
    } else {
      set.addUpTo(at);
      for (const each of all) if (each <= at) plain.add(each);
    }
  }
  return { set, plain };
}

test('whatever is added and taken out, it is the set that it says, also once written and read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.array(step), (start, steps) => {
      const { set, plain } = both(start, steps);
      const again = OffsetSet.parse(`${set}`);
      const members = all.filter((each) => plain.has(each));
      expect(all.filter((each) => set.has(each))).toEqual(members);
      expect(all.filter((each) => again?.has(each))).toEqual(members);
      expect(`${again}`).toBe(`${set}`);
      for (const [from, to] of [
        [1, 80],
        [30, 50],
        [60, 100],
      ] as const) {
        const missing = all.filter((each) => each >= from && each <= to && !plain.has(each));
        expect(set.lastMissing(from, to)).toBe(missing.at(-1));
      }
    }),
  );
});

test('its text is short where people read from the oldest or the newest', () => {
  const set = new OffsetSet();
  set.addUpTo(123_456);
  expect(`${set}`).toBe('123456');
  for (let each = 123_460; each < 124_460; each += 2) set.add(each);
  expect(`${set}`.length).toBeLessThan(200);
  for (let each = 123_457; each < 124_460; each += 1) set.add(each);
  expect(`${set}`).toBe('124459');
});

test.each(['', '-1', '01', '1:', '1:*', 'x', '1 ', '99999999999999999', '1:AA=', '1.5'])(
  'the text %j is none',
  (text) => {
    expect(OffsetSet.parse(text)).toBeUndefined();
  },
);
