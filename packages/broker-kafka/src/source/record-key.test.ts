import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventKey, placeKey } from './record-key.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', 'a', 'a:b', 'a:1', 'orders', '.x'),
);
const topic = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9._-]{1,249}$/),
  fc.constantFrom('a', 'a.b', 'o'.repeat(249), `${'o'.repeat(248)}p`),
);
const few = fc.oneof(fc.nat(2), fc.maxSafeNat());
const place = fc.record({ topic, partition: few, offset: few, timestamp: few });

describe('keys of records', () => {
  test('are the same for the same, differ for all else, and stay within what a key may be', () => {
    const input = fc.tuple(text, place, few);
    fc.assert(
      fc.property(input, input, (one, other) => {
        const [first, second] = [placeKey(...one), placeKey(...other)];
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
        expect(placeKey(...one)).toBe(first);
        expect(first.length).toBeLessThanOrEqual(200);
        expect(first.isWellFormed()).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("an event's own id gives one key wherever it stands, another for each Kafka topic", () => {
    const input = fc.tuple(topic, text, few);
    fc.assert(
      fc.property(input, input, (one, other) => {
        const [first, second] = [eventKey(...one), eventKey(...other)];
        expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(other));
        expect(first.length).toBeLessThanOrEqual(200);
        expect(first.isWellFormed()).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
