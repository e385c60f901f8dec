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

const fromCookie = { ...request, headers: { cookie: 'token=x', host: 'app.example' } };
const sameOrigin = {
  ...fromCookie,
  headers: { ...fromCookie.headers, origin: 'https://app.example' },
};
const foreign = { ...request, headers: { host: 'app.example', origin: 'https://evil.example' } };

test('G8 a page of a foreign origin is refused before anybody is asked who it is', async () => {
  let asked = 0;
  const authenticate = () => {
    asked += 1;
    return member;
  };
  const strict = new Access({ authenticate });
  await expect(strict.identify(foreign)).rejects.toMatchObject({ code: 'ORIGIN_FORBIDDEN' });
  expect(asked).toBe(0);
  const listed = new Access({ authenticate, allowedOrigins: ['https://evil.example'] });
  expect(await listed.identify(foreign)).toBe(member);
});

test('G8 a cookie without proof of its origin is refused; with it, and for nobody, it is not', async () => {
  const access = new Access({ authenticate: () => member });
  await expect(access.identify(fromCookie)).rejects.toMatchObject({ code: 'ORIGIN_FORBIDDEN' });
  expect(await access.identify(sameOrigin)).toBe(member);
  const withHeader = {
    ...fromCookie,
    headers: { ...fromCookie.headers, authorization: 'Bearer x' },
  };
  expect(await access.identify(withHeader)).toBe(member);
  expect(await access.identify({ ...fromCookie, token: 'said in the hello' })).toBe(member);
  expect(await new Access({ anonymous: true }).identify(fromCookie)).toEqual({ userId: null });
});

test('G8 what authenticate says of where the credential came from goes before the headers', async () => {
  const as = (ambient: boolean) => new Access({ authenticate: () => ({ ...member, ambient }) });
  expect(await as(false).identify(fromCookie)).toMatchObject({ userId: '1' });
  await expect(as(true).identify(request)).rejects.toMatchObject({ code: 'ORIGIN_FORBIDDEN' });
  // A token of a hello is said, whatever the request carried.
  expect(await as(true).identify({ ...request, token: 'x' })).toMatchObject({ userId: '1' });
});

test('G8 everybody may bring a token where all origins are allowed, nobody a cookie', async () => {
  const access = new Access({ authenticate: () => member, allowedOrigins: '*' });
  expect(await access.identify(foreign)).toBe(member);
  const withCookie = { ...foreign, headers: { ...foreign.headers, cookie: 'token=x' } };
  await expect(access.identify(withCookie)).rejects.toMatchObject({ code: 'ORIGIN_FORBIDDEN' });
});

test('revalidate answers as the hook does, and asks about the groups of what it answers', async () => {
  const as = (answer: typeof member | null) =>
    new Access({ anonymous: true, revalidate: () => answer });
  expect(await as(null).revalidate(member, ['a'])).toBeNull();
  const fewer = { userId: '1', groups: ['a'] };
  expect(await as(fewer).revalidate(member, ['a'])).toBe(fewer);
  await expect(as(fewer).revalidate(member, ['a', 'b'])).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  expect(as(null).revalidates).toBe(true);
  expect(new Access({ anonymous: true }).revalidates).toBe(false);
});
