import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Access, type AccessOptions } from './access.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const request = { headers: {}, query: new URLSearchParams() };
const member = { userId: '1', groups: ['a', 'b'] };

test('G8 without authenticate nobody may connect unless that is written out', () => {
  for (const options of [{}, { anonymous: false }, { authorize: () => true }]) {
    expect(() => new Access(options)).toThrow(
      expect.objectContaining({ code: 'AUTHENTICATION_MISSING' }),
    );
  }
});

test('G8 an anonymous client has no user and no groups, unless authorize allows one', async () => {
  const access = new Access({ anonymous: true });
  expect(await access.admit(request, [])).toEqual({ userId: null });
  await expect(access.admit(request, ['a'])).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const open = new Access({ anonymous: true, authorize: (_, group) => group === 'a' });
  expect(await open.admit(request, ['a'])).toEqual({ userId: null });
});

test("G8 every group is asked about; one that is not the user's own refuses all", async () => {
  const access = new Access({ authenticate: () => member });
  expect(await access.admit(request, ['a', 'b'])).toBe(member);
  for (const groups of [['c'], ['a', 'c'], ['c', 'a']]) {
    await expect(access.admit(request, groups)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  const asked: string[] = [];
  const strict = new Access({
    authenticate: () => member,
    authorize: async ({ userId }, group) => {
      asked.push(`${userId} ${group}`);
      return group !== 'b';
    },
  });
  await expect(strict.admit(request, ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(asked).toEqual(['1 a', '1 b']);
});

test('G8 no credential is not anonymity: the client is refused', async () => {
  const access = new Access({ authenticate: () => null, anonymous: true });
  expect(await access.identify(request)).toBeNull();
  await expect(access.admit(request, [])).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('G8 a credential that ends now has ended', async () => {
  const at = (expiresAt: number) =>
    new Access({ authenticate: () => ({ userId: '1', expiresAt }) });
  await expect(at(1_000_000).admit(request, [])).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await at(1_000_001).admit(request, [])).toMatchObject({ userId: '1' });
});

test('what kept authenticate or authorize from answering is passed on', async () => {
  const failure = new Error('identity provider down');
  const fail = () => Promise.reject(failure);
  const cases: AccessOptions[] = [
    { authenticate: fail },
    { authenticate: () => member, authorize: fail },
  ];
  for (const options of cases) {
    await expect(new Access(options).admit(request, ['a'])).rejects.toBe(failure);
  }
});
