import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EscalationSubject, keyOf, parseWork, scheduledWork } from './escalation-work.js';

const text = fc.string({
  unit: fc.constantFrom(':', '-', '1', 'a', '.'),
  minLength: 1,
  maxLength: 6,
});
const subject: fc.Arbitrary<EscalationSubject> = fc.record({
  rule: fc.stringMatching(/^[\w.-]{1,6}$/),
  userId: text,
  about: fc.oneof(
    fc.record({ id: fc.uuid(), time: fc.nat() }),
    fc.record({ start: fc.nat(20), end: fc.nat(20) }),
  ),
});

test('different subjects have different keys, which a store takes', () => {
  const property = fc.property(subject, subject, (one, other) => {
    const plain = ({ rule, userId, about }: EscalationSubject) =>
      JSON.stringify([rule, userId, 'id' in about ? about.id : [about.start, about.end]]);
    expect(keyOf(one) === keyOf(other)).toBe(plain(one) === plain(other));
    expect(keyOf(one).length).toBeLessThanOrEqual(500);
  });
  fc.assert(property, { numRuns: 500 });
});

test('what is scheduled is read back, and what a newer version added is kept', () => {
  const property = fc.property(subject, (one) => {
    const { workJson } = scheduledWork(one, -5);
    const work = parseWork(workJson);
    const counts = { calls: 0, leases: 0, looks: 0, isUnsure: false, isThrough: false };
    expect(work).toEqual({ ...one, ...counts });
    expect(parseWork(JSON.stringify({ ...work, urgency: 3 }))).toMatchObject({ urgency: 3 });
  });
  fc.assert(property);
});

test.each(['', '{', 'null', '{}', '{"rule":"mail","userId":"u1","about":{}}'])(
  '%j is no work of ours',
  (workJson) => {
    expect(parseWork(workJson)).toBeUndefined();
  },
);
