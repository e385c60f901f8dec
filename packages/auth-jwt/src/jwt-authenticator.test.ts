import { generateKeyPairSync } from 'node:crypto';
import { type AuthenticationRequest, NotifyError } from '@realtime-notify/core';
import fc from 'fast-check';
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { jwtAuthenticator } from './jwt-authenticator.js';

const secret = 'a secret of at least thirty-two bytes';
const secretBytes = new TextEncoder().encode(secret);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

function hs(claims: JWTPayload, alg = 'HS256', key: Uint8Array = secretBytes): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
}

function presenting(token: string): AuthenticationRequest {
  return { headers: { authorization: `Bearer ${token}` }, query: new URLSearchParams() };
}

async function failure(outcome: unknown): Promise<NotifyError> {
  const error = await Promise.resolve(outcome).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!NotifyError.is(error)) throw new Error('expected a NotifyError', { cause: error });
  return error;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a shared secret', () => {
  test('gives the user, the groups and the end of the token', async () => {
    const authenticate = jwtAuthenticator({ secret });
    const token = await hs({ sub: 'u1', groups: ['g1', 'g2'], exp: 4_000_000_000 });
    expect(await authenticate(presenting(token))).toEqual({
      userId: 'u1',
      groups: ['g1', 'g2'],
      expiresAt: 4_000_000_000_000 + 5_000,
      issuedAt: 0,
      ambient: false,
    });
    expect(await authenticate(presenting(await hs({ sub: 'u1' })))).toEqual({
      userId: 'u1',
      groups: [],
      issuedAt: 0,
      ambient: false,
    });
  });

  test('tells when the token was issued, and its session', async () => {
    const authenticate = jwtAuthenticator({ secret });
    const token = await hs({ sub: 'u1', iat: 1_700_000_000.25, sid: 's1' });
    expect(await authenticate(presenting(token))).toMatchObject({
      issuedAt: 1_700_000_000_250,
      sessionId: 's1',
    });
    const odd = await hs({ sub: 'u1', sid: 7 as unknown as string });
    expect(await authenticate(presenting(odd))).not.toHaveProperty('sessionId');
  });

  test('takes the token from the hello frame, the query and a cookie of the chosen names', async () => {
    const token = await hs({ sub: 'u1' });
    const authenticate = jwtAuthenticator({ secret, cookieName: 'session', queryName: 'access' });
    const query = new URLSearchParams();
    const u1 = { userId: 'u1', groups: [], issuedAt: 0, ambient: false };
    expect(await authenticate({ headers: {}, query, token })).toEqual(u1);
    expect(
      await authenticate({ headers: {}, query: new URLSearchParams({ access: token }) }),
    ).toEqual(u1);
    const withCookie = { headers: { cookie: `session=${token}` }, query };
    expect(await authenticate(withCookie)).toEqual({ ...u1, ambient: true });
    expect(await authenticate({ headers: { cookie: `token=${token}` }, query })).toBeNull();
    expect(await authenticate({ headers: {}, query })).toBeNull();
  });

  test('refuses an algorithm that is not pinned, and a token without signature', async () => {
    const authenticate = jwtAuthenticator({ secret: new Uint8Array(64).fill(7) });
    const strong = await hs({ sub: 'u1' }, 'HS512', new Uint8Array(64).fill(7));
    expect((await failure(authenticate(presenting(strong)))).code).toBe('UNAUTHENTICATED');
    const both = jwtAuthenticator({
      secret: new Uint8Array(64).fill(7),
      algorithms: ['HS256', 'HS512'],
    });
    expect(await both(presenting(strong))).toMatchObject({ userId: 'u1' });
    const unsigned = new UnsecuredJWT({ sub: 'u1' }).encode();
    expect((await failure(authenticate(presenting(unsigned)))).code).toBe('UNAUTHENTICATED');
  });

  test('refuses another secret and a changed payload, never repeating the token', async () => {
    const authenticate = jwtAuthenticator({ secret });
    const foreign = await hs({ sub: 'u1' }, 'HS256', new Uint8Array(32).fill(1));
    const [head, , signature] = (await hs({ sub: 'u1' })).split('.');
    const payload = Buffer.from('{"sub":"root"}').toString('base64url');
    for (const bad of [foreign, `${head}.${payload}.${signature}`, 'x', 'a.b.c']) {
      const error = await failure(authenticate(presenting(bad)));
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
      if (bad.length > 5) expect(error.message).not.toContain(bad);
    }
  });

  test('answers any text with UNAUTHENTICATED', async () => {
    const authenticate = jwtAuthenticator({ secret });
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        const request = { headers: {}, query: new URLSearchParams(), token };
        expect((await failure(authenticate(request))).code).toBe('UNAUTHENTICATED');
      }),
    );
  });
});

describe('claims', () => {
  test('ends a token at exp, later by the tolerance', async () => {
    const exp = 2_000_000_000;
    const token = await hs({ sub: 'u1', exp });
    const authenticate = jwtAuthenticator({ secret, clockToleranceMs: 10_000 });
    const strict = jwtAuthenticator({ secret, clockToleranceMs: 0 });
    vi.useFakeTimers({ toFake: ['Date'], now: exp * 1_000 + 9_000 });
    expect(await authenticate(presenting(token))).toMatchObject({
      expiresAt: exp * 1_000 + 10_000,
    });
    expect((await failure(strict(presenting(token)))).message).toBe('the token has expired');
    vi.setSystemTime(exp * 1_000 + 10_000);
    expect((await failure(authenticate(presenting(token)))).code).toBe('UNAUTHENTICATED');
  });

  test('refuses a token that is not valid yet', async () => {
    const token = await hs({ sub: 'u1', nbf: Math.floor(Date.now() / 1_000) + 60 });
    const early = jwtAuthenticator({ secret })(presenting(token));
    expect((await failure(early)).code).toBe('UNAUTHENTICATED');
    const tolerant = jwtAuthenticator({ secret, clockToleranceMs: 120_000 });
    expect(await tolerant(presenting(token))).toMatchObject({ userId: 'u1' });
  });

  test('asks for issuer and audience where they are given', async () => {
    const authenticate = jwtAuthenticator({
      secret,
      issuer: 'https://issuer',
      audience: ['a', 'b'],
    });
    const good = { sub: 'u1', iss: 'https://issuer', aud: ['x', 'b'] };
    expect(await authenticate(presenting(await hs(good)))).toMatchObject({ userId: 'u1' });
    const { iss: _, ...noIssuer } = good;
    const { aud: __, ...noAudience } = good;
    for (const bad of [{ ...good, iss: 'other' }, { ...good, aud: 'c' }, noIssuer, noAudience]) {
      const error = await failure(authenticate(presenting(await hs(bad))));
      expect(error.code).toBe('UNAUTHENTICATED');
    }
  });

  test('reads user and groups from the claims of the chosen names', async () => {
    const authenticate = jwtAuthenticator({ secret, userClaim: 'uid', groupsClaim: 'roles' });
    const token = await hs({ sub: 'no', groups: ['no'], uid: 'u7', roles: ['admin'] });
    expect(await authenticate(presenting(token))).toMatchObject({
      userId: 'u7',
      groups: ['admin'],
    });
  });

  test.each([
    { sub: '' },
    { groups: ['g'] },
    { sub: 'u1', groups: 'g1' },
    { sub: 'u1', groups: [1] },
    { sub: 'u1', groups: null },
    { sub: 7 },
  ])('refuses claims that are not as they must be: %j', async (claims) => {
    const token = await hs(claims as unknown as JWTPayload);
    const outcome = jwtAuthenticator({ secret })(presenting(token));
    expect((await failure(outcome)).code).toBe('UNAUTHENTICATED');
  });
});

describe('a public key', () => {
  test('verifies RS256 given as PEM, JWK, KeyObject or CryptoKey', async () => {
    const token = await new SignJWT({ sub: 'u1' })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(rsa.privateKey);
    const cryptoKey = await crypto.subtle.importKey(
      'spki',
      rsa.publicKey.export({ type: 'spki', format: 'der' }),
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      true,
      ['verify'],
    );
    const forms = [rsaPem, rsa.publicKey.export({ format: 'jwk' }), rsa.publicKey, cryptoKey];
    for (const publicKey of forms) {
      const authenticate = jwtAuthenticator({ publicKey });
      expect(await authenticate(presenting(token))).toMatchObject({ userId: 'u1' });
    }
  });

  test('verifies ES256, and nothing signed by another key', async () => {
    const authenticate = jwtAuthenticator({
      publicKey: ec.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    });
    const sign = (key: typeof ec.privateKey) =>
      new SignJWT({ sub: 'u1' }).setProtectedHeader({ alg: 'ES256' }).sign(key);
    expect(await authenticate(presenting(await sign(ec.privateKey)))).toMatchObject({
      userId: 'u1',
    });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = authenticate(presenting(await sign(other.privateKey)));
    expect((await failure(forged)).code).toBe('UNAUTHENTICATED');
  });

  test('refuses an HS256 token made with the public key as secret', async () => {
    const confused = await hs({ sub: 'root' }, 'HS256', new TextEncoder().encode(rsaPem));
    const outcome = jwtAuthenticator({ publicKey: rsaPem })(presenting(confused));
    expect((await failure(outcome)).code).toBe('UNAUTHENTICATED');
  });
});
