import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers, isInSet, type WindowSet, withoutWindow, withWindow } from './window-set.js';

const window = fc
  .tuple(fc.nat(30), fc.integer({ min: 1, max: 8 }))
  .map(([start, length]) => ({ start, end: start + length }));
const steps = fc.array(fc.record({ isAdded: fc.boolean(), window }), { maxLength: 20 });
const moments = Array.from({ length: 40 }, (_, i) => i);

test('it has the moments of the windows that were put in and not taken out, and no two parts touch', () => {
  const property = fc.property(steps, window, (all, asked) => {
    let set: WindowSet = [];
    const model = new Set<number>();
    for (const { isAdded, window: each } of all) {
      set = isAdded ? withWindow(set, each) : withoutWindow(set, each);
      for (let at = each.start; at < each.end; at += 1) {
        if (isAdded) model.add(at);
        else model.delete(at);
      }
    }
    expect(moments.filter((at) => isInSet(set, at))).toEqual(moments.filter((at) => model.has(at)));
    for (const [i, { start, end }] of set.entries()) {
      expect(start).toBeLessThan(end);
      expect(set[i - 1]?.end ?? -1).toBeLessThan(start);
    }
    const { start, end } = asked;
    expect(covers(set, asked)).toBe(moments.slice(start, end).every((at) => model.has(at)));
  });
  fc.assert(property);
});
