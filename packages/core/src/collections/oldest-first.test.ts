import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OldestFirst } from './oldest-first.js';

const step = fc.oneof(
  fc.record({ do: fc.constantFrom('set' as const, 'delete' as const), key: fc.nat(9) }),
  fc.record({ do: fc.constantFrom('drop oldest' as const, 'ask' as const, 'clear' as const) }),
);

test('whatever is set and deleted, it is a map whose oldest entry is the one set longest ago', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const map = new OldestFirst<number, number>();
      let model: (readonly [number, number])[] = [];
      for (const [n, each] of steps.entries()) {
        if ('key' in each) {
          model = model.filter(([key]) => key !== each.key);
          if (each.do === 'set') {
            model.push([each.key, n]);
            map.set(each.key, n);
          } else map.delete(each.key);
        } else if (each.do === 'clear') {
          model = [];
          map.clear();
        } else {
          const oldest = map.oldest();
          expect(oldest).toEqual(model[0]);
          if (each.do === 'drop oldest' && oldest !== undefined) {
            map.delete(oldest[0]);
            model.shift();
          }
        }
        expect(map.size).toBe(model.length);
        for (let key = 0; key < 10; key += 1) {
          const value = model.find(([known]) => known === key)?.[1];
          expect(map.get(key)).toBe(value);
          expect(map.has(key)).toBe(value !== undefined);
        }
      }
    }),
  );
});
