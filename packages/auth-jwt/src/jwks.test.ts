import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NotifyError } from '@realtime-notify/core';
import { SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { jwtAuthenticator } from './jwt-authenticator.js';

const one = generateKeyPairSync('rsa', { modulusLength: 2048 });
const two = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwkOf = (key: KeyObject, kid?: string) => ({
  ...key.export({ format: 'jwk' }),
  ...(kid === undefined ? {} : { kid }),
});
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Serves what `answer` gives at the moment of each request. */
async function keyServer(answer: () => { status: number; body: string }): Promise<string> {
  const server = createServer((_, res) => {
    const { status, body } = answer();
    res.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
}

async function bearer(key: KeyObject, kid?: string) {
  const header = { alg: 'RS256', ...(kid === undefined ? {} : { kid }) };
  const token = await new SignJWT({ sub: 'u1' }).setProtectedHeader(header).sign(key);
  return { headers: { authorization: `Bearer ${token}` }, query: new URLSearchParams() };
}

test('verifies with the key of a remote set, which is read once', async () => {
  let reads = 0;
  const jwksUrl = await keyServer(() => {
    reads += 1;
    const keys = [jwkOf(one.publicKey, 'one'), jwkOf(two.publicKey, 'two')];
    return { status: 200, body: JSON.stringify({ keys }) };
  });
  const authenticate = jwtAuthenticator({ jwksUrl });
  expect(await authenticate(await bearer(two.privateKey, 'two'))).toMatchObject({ userId: 'u1' });
  expect(await authenticate(await bearer(one.privateKey, 'one'))).toMatchObject({ userId: 'u1' });
  await expect(authenticate(await bearer(one.privateKey, 'two'))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  await expect(authenticate(await bearer(one.privateKey, 'three'))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  expect(reads).toBe(1);
});

test('fails in another way while the set cannot be read, and recovers', async () => {
  let answer = { status: 503, body: 'down' };
  const jwksUrl = await keyServer(() => answer);
  const authenticate = jwtAuthenticator({ jwksUrl });
  const request = await bearer(one.privateKey, 'one');
  const attempt = async () => {
    try {
      return await authenticate(request);
    } catch (error) {
      return NotifyError.is(error) ? error.code : 'temporary';
    }
  };
  expect(await attempt()).toBe('temporary');
  answer = { status: 200, body: '<html>' };
  expect(await attempt()).toBe('temporary');
  answer = { status: 200, body: '{"keys":"none"}' };
  expect(await attempt()).toBe('temporary');
  answer = { status: 200, body: JSON.stringify({ keys: [jwkOf(one.publicKey, 'one')] }) };
  expect(await attempt()).toMatchObject({ userId: 'u1' });
});

test('fails in another way where nobody listens', async () => {
  const authenticate = jwtAuthenticator({ jwksUrl: 'http://127.0.0.1:1/keys' });
  const error = await Promise.resolve(authenticate(await bearer(one.privateKey))).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect(NotifyError.is(error)).toBe(false);
});

test('verifies with a local set, trying each key that a token without key id may mean', async () => {
  const keys = [jwkOf(one.publicKey), jwkOf(two.publicKey)];
  const authenticate = jwtAuthenticator({ jwks: { keys } });
  expect(await authenticate(await bearer(one.privateKey))).toMatchObject({ userId: 'u1' });
  expect(await authenticate(await bearer(two.privateKey))).toMatchObject({ userId: 'u1' });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await expect(authenticate(await bearer(stranger.privateKey))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});
