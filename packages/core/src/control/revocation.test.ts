import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRevocation, Revocations } from './revocation.js';

test('a credential is void where it was not issued after the revocation', () => {
  const revocations = new Revocations(10);
  revocations.add({ userId: '1', before: 1_000 }, 5_000);
  const voids = (issuedAt: number, userId = '1') =>
    revocations.voids({ userId, issuedAt }, 9_999_999);
  expect([999, 1_000, 1_001].map((at) => voids(at))).toEqual([true, true, false]);
  expect(voids(1, '2')).toBe(false);
  expect(revocations.voids({ userId: null, issuedAt: 1 }, 0)).toBe(false);
});

test('a credential that does not tell its age is void for who was just being admitted', () => {
  const revocations = new Revocations(10);
  revocations.add({ userId: '1', before: 1_000 }, 5_000);
  const voids = (admittedAt: number) => revocations.voids({ userId: '1' }, admittedAt);
  expect([4_999, 5_000, 5_001].map(voids)).toEqual([true, true, false]);
});

test('a session is revoked alone, and a user is not a session of that name', () => {
  const revocations = new Revocations(10);
  revocations.add({ sessionId: 's', before: 1_000 }, 1_000);
  const voids = (userId: string, sessionId?: string) =>
    revocations.voids(
      { userId, issuedAt: 1, ...(sessionId === undefined ? {} : { sessionId }) },
      0,
    );
  expect([voids('1', 's'), voids('2', 's')]).toEqual([true, true]);
  expect([voids('1', 't'), voids('s'), voids('1')]).toEqual([false, false, false]);
});

test('whatever order revocations of one user come in, the latest counts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 100 }), { minLength: 1 }),
      fc.nat(100),
      (times, issuedAt) => {
        const revocations = new Revocations(10);
        for (const before of times) revocations.add({ userId: '1', before }, 0);
        expect(revocations.voids({ userId: '1', issuedAt }, 1)).toBe(
          issuedAt <= Math.max(...times),
        );
      },
    ),
  );
});

test('G9 only the newest are remembered', () => {
  const revocations = new Revocations(2);
  const all = ['1', '2', '3'];
  for (const userId of all) revocations.add({ userId, before: 9 }, 0);
  const voided = () => all.filter((userId) => revocations.voids({ userId, issuedAt: 1 }, 1));
  expect(voided()).toEqual(['2', '3']);
  // Said again, it is new again.
  revocations.add({ userId: '2', before: 9 }, 0);
  revocations.add({ userId: '1', before: 9 }, 0);
  expect(voided()).toEqual(['1', '2']);
});

test('what is no revocation is none, and nothing makes it throw', () => {
  expect(parseRevocation('{"userId":"1","before":7}')).toEqual({ userId: '1', before: 7 });
  expect(parseRevocation('{"sessionId":"s","before":7,"more":1}')).toEqual({
    sessionId: 's',
    before: 7,
  });
  for (const json of ['', '{}', '{"userId":"","before":1}', '{"userId":"1"}', '[]', 'null']) {
    expect(parseRevocation(json)).toBeUndefined();
  }
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (json) => void parseRevocation(json)));
});
