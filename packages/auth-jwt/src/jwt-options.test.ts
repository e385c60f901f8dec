import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { jwtAuthenticator } from './jwt-authenticator.js';
import type { JwtAuthenticatorOptions } from './jwt-options.js';

const secret = 'a secret of at least thirty-two bytes';
const pemOf = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }) =>
  key.export({ type: 'spki', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const x25519 = generateKeyPairSync('x25519');

const bad: readonly [string, object, RegExp][] = [
  ['no key', {}, /exactly one/],
  ['two keys', { secret, publicKey: pemOf(rsa.publicKey) }, /exactly one/],
  ['an unknown name', { secret, leeway: 5 }, /leeway/],
  ['a short secret', { secret: 'short' }, /HS256 needs at least 32 bytes/],
  [
    'a secret short for HS512',
    { secret, algorithms: ['HS256', 'HS512'] },
    /HS512 needs at least 64/,
  ],
  ['a public key as secret', { secret: pemOf(rsa.publicKey) }, /PEM/],
  ['the algorithm none', { secret, algorithms: ['none'] }, /algorithms/],
  ['no algorithm', { secret, algorithms: [] }, /algorithms/],
  ['RS256 with a secret', { secret, algorithms: ['RS256'] }, /RS256 does not fit/],
  ['HS256 with RSA', { publicKey: pemOf(rsa.publicKey), algorithms: ['HS256'] }, /does not fit/],
  ['HS256 with a key set', { jwksUrl: 'https://issuer/keys', algorithms: ['HS256'] }, /does not/],
  ['a weak RSA key', { publicKey: pemOf(weak.publicKey) }, /2048 bits/],
  ['a key for agreement', { publicKey: pemOf(x25519.publicKey) }, /is not RSA/],
  ['text that is no key', { publicKey: 'abc' }, /not a public key/],
  ['a secret as JWK', { publicKey: { kty: 'oct', k: 'AAAA' } }, /not a public key/],
  ['a private key in a set', { jwks: { keys: [{ kty: 'EC', d: 'x' }] } }, /private/],
  ['a file URL', { jwksUrl: 'file:///keys.json' }, /https or http/],
  ['a URL with a password', { jwksUrl: 'https://u:p@issuer/keys' }, /credentials/],
  ['a negative tolerance', { secret, clockToleranceMs: -1 }, /clockToleranceMs/],
  ['a cookie name that is none', { secret, cookieName: 'a b' }, /cookieName/],
];

test.each(bad)('refuses %s', (_, options, message) => {
  expect(() => jwtAuthenticator(options as JwtAuthenticatorOptions)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringMatching(message) }),
  );
});

test('never repeats a secret in its message', () => {
  const options = { secret: 'tiny-secret', algorithms: ['HS256'] } as const;
  expect(() => jwtAuthenticator(options)).not.toThrow(/tiny-secret/);
  expect(() => jwtAuthenticator(options)).toThrow(/secret/);
});
