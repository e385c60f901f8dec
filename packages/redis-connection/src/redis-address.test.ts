import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { addressFields, sourceOf } from './redis-address.js';

const url = 'redis://127.0.0.1';
const secure = 'rediss://127.0.0.1';
const addresses = [{ host: 'a' }, { host: 'b', port: 7 }];
const sentinel = { name: 'main', addresses };

/** As an adapter's options resolve it. */
const schema = z.strictObject(addressFields).transform((fields, context) => {
  const found = sourceOf(fields, (field, message) => {
    context.addIssue({ code: 'custom', path: field === undefined ? [] : [field], message });
  });
  return found ?? z.NEVER;
});

function source(options: object): unknown {
  return schema.parse(options);
}

test.each([
  ['redis://h', { at: { host: 'h', port: 6_379 }, database: 0 }],
  ['redis://h:7/3', { at: { host: 'h', port: 7 }, database: 3 }],
  ['redis://h:7/', { at: { host: 'h', port: 7 }, database: 0 }],
  ['redis://[::1]:7', { at: { host: '::1', port: 7 }, database: 0 }],
  ['redis://:p%40%2Fw@h', { at: { host: 'h', port: 6_379 }, password: 'p@/w', database: 0 }],
  [
    'rediss://app:pw@h',
    { at: { host: 'h', port: 6_379 }, username: 'app', password: 'pw', tls: {}, database: 0 },
  ],
])('%s', (address, expected) => {
  expect(source({ url: address })).toEqual(expected);
});

test('login and certificates may stand beside the url', () => {
  const tls = { servername: 'redis.test' };
  expect(source({ url: secure, username: 'app', password: 'pw', tls })).toMatchObject({
    username: 'app',
    password: 'pw',
    tls,
  });
  expect(source({ url: secure, tls: true })).toMatchObject({ tls: {} });
});

test('Sentinels: default port, and TLS towards them as towards the servers unless said otherwise', () => {
  const tls = { servername: 'redis.test' };
  const own = { servername: 'sentinel.test' };
  const at = { name: 'main', addresses: [{ host: 'a', port: 26_379 }, addresses[1]] };
  expect(source({ sentinel })).toEqual({ at, database: 0 });
  expect(source({ sentinel, tls })).toMatchObject({ at: { tls }, tls });
  expect(source({ sentinel, tls: true })).toMatchObject({ at: { tls: {} }, tls: {} });
  expect(source({ sentinel: { ...sentinel, tls: false }, tls })).toEqual({ at, tls, database: 0 });
  expect(source({ sentinel: { ...sentinel, tls: own } })).toEqual({
    at: { ...at, tls: own },
    database: 0,
  });
  const login = { username: 'watch', password: 'spw', database: 2 };
  expect(source({ sentinel: { ...sentinel, ...login }, password: 'pw' })).toMatchObject({
    at: { username: 'watch', password: 'spw' },
    password: 'pw',
    database: 2,
  });
});

test('a Cluster: default port, login and certificates as elsewhere', () => {
  const nodes = [{ host: 'a' }, { host: 'b', port: 7 }];
  const resolved = [
    { host: 'a', port: 6_379 },
    { host: 'b', port: 7 },
  ];
  expect(source({ cluster: { nodes } })).toEqual({ nodes: resolved });
  const login = { username: 'app', password: 'pw' };
  expect(source({ cluster: { nodes }, ...login, tls: true })).toEqual({
    nodes: resolved,
    ...login,
    tls: {},
  });
});

const client = { duplicate: () => undefined };

test.each([
  ['two addresses', { url, sentinel }, 'pass one of url, sentinel, cluster and redis'],
  ['a Cluster beside a url', { url, cluster: { nodes: addresses } }, 'pass one of'],
  ['no node of the Cluster', { cluster: { nodes: [] } }, 'cluster.nodes'],
  ['a url without host', { url: 'redis://' }, 'url: must name a host'],
  ['a url with settings', { url: `${url}?enableOfflineQueue=1` }, 'url: must have no query'],
  ['a url with a path', { url: `${url}/main` }, 'url: must end with nothing but the number'],
  ['a half-encoded password', { url: 'redis://:%zz@h' }, 'url: must have its user and password'],
  ['two passwords', { url: 'redis://:a@h', password: 'b' }, 'password: is in url too'],
  ['two users', { url: 'redis://a:b@h', username: 'a' }, 'username: is in url too'],
  ['certificates for a plain url', { url, tls: {} }, 'tls: needs a url that begins with rediss://'],
  ['a password beside a client', { redis: client, password: 'b' }, 'password: comes with'],
  ['no Sentinel', { sentinel: { name: 'main', addresses: [] } }, 'sentinel.addresses'],
  ['an unknown TLS setting', { url: secure, tls: { rejectUnauthorized: false } }, 'tls'],
  ['a certificate without key', { url: secure, tls: { cert: 'x' } }, 'tls'],
  ['what is no certificate', { url: secure, tls: { cert: 'x', key: 'y' } }, 'tls'],
])('%s: refused', (_, options, message) => {
  const issue = schema.safeParse(options).error?.issues[0];
  expect(`${issue?.path.join('.')}: ${issue?.message}`).toContain(message);
});

test('a password that passes through a refusal is not in it', () => {
  const secret = 's3cr3t-pw';
  const wrong = [
    { url: `redis://app:${secret}@h?x=1` },
    { url: `redis://app:${secret}@h/main` },
    { url: `redis://app:${secret}%zz@h` },
    { url: `http://app:${secret}@h` },
    { url, username: 1, password: secret },
    { sentinel: { ...sentinel, password: secret, passwords: secret } },
    { url: secure, tls: { key: secret, cert: secret, passphrase: secret } },
  ];
  for (const options of wrong) {
    const { error } = schema.safeParse(options);
    expect(error).toBeInstanceOf(z.ZodError);
    expect(JSON.stringify([error, String(error)])).not.toContain(secret);
  }
});

test('any user and password survive the way through a url', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 1 }), (user, password) => {
      const encoded = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
      expect(source({ url: `redis://${encoded}@h` })).toEqual({
        at: { host: 'h', port: 6_379 },
        ...(user === '' ? {} : { username: user }),
        password,
        database: 0,
      });
    }),
  );
});
