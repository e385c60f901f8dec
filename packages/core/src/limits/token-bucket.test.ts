import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.js';

test('never more than the burst and what came back since get through', () => {
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 1_000 }),
      gaps,
      (perSecond, burst, waits) => {
        const bucket = new TokenBucket(perSecond, burst, 0);
        let now = 0;
        let taken = 0;
        for (const wait of waits) {
          now += wait;
          const takes = bucket.take(now);
          if (takes) taken += 1;
          expect(taken).toBeLessThanOrEqual(burst + (now * perSecond) / 1_000 + 1e-6);
          if (!takes) expect(bucket.waitMs()).toBeGreaterThan(0);
        }
      },
    ),
  );
});

test('a burst goes through at once; the next gets through when waitMs has passed, not before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 100 }),
      (perSecond, burst) => {
        const bucket = new TokenBucket(perSecond, burst, 0);
        for (let n = 0; n < burst; n += 1) expect(bucket.take(0)).toBe(true);
        expect(bucket.take(0)).toBe(false);
        const wait = bucket.waitMs();
        expect(wait).toBeCloseTo(1_000 / perSecond);
        expect(bucket.take(wait * 0.99)).toBe(false);
        expect(bucket.take(wait * 1.01)).toBe(true);
      },
    ),
  );
});

test('what is not used is kept up to the burst only', () => {
  const bucket = new TokenBucket(10, 5, 0);
  const later = 3_600_000;
  const taken = Array.from({ length: 10 }, () => bucket.take(later));
  expect(taken.filter(Boolean)).toHaveLength(5);
  expect(bucket.waitMs()).toBeCloseTo(100);
});
