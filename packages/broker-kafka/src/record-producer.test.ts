import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunks } from './record-producer.js';

const record = fc.record({
  key: fc.string(),
  value: fc.string({ maxLength: 300 }),
  headers: fc.dictionary(fc.string(), fc.string()),
});

test('chunks: all records, in order, none empty, few where they are small', () => {
  fc.assert(
    fc.property(fc.array(record), fc.integer({ min: 1, max: 2_000 }), (records, maxBytes) => {
      const parts = chunks(records, maxBytes);
      expect(parts.flat()).toEqual(records);
      for (const part of parts) expect(part.length).toBeGreaterThan(0);
    }),
  );
  const small = Array.from({ length: 100 }, () => ({ key: 'k', value: 'v', headers: {} }));
  expect(chunks(small, 512 * 1024)).toHaveLength(1);
  const large = small.map((each) => ({ ...each, value: 'v'.repeat(1_000) }));
  expect(chunks(large, 10_000)).toHaveLength(12);
});
