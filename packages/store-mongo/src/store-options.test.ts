import { MongoClient } from 'mongodb';
import { expect, test } from 'vitest';
import { mongoStore } from './index.js';

const url = 'mongodb://127.0.0.1:1';
const invalid = expect.objectContaining({ code: 'OPTIONS_INVALID' });

test.each<[string, object]>([
  ['neither address nor client', {}],
  ['both', { url, client: new MongoClient(url) }],
  ['another protocol', { url: 'http://localhost' }],
  ['what is no client', { client: {} }],
  ['a password without a name', { url, password: 'x' }],
  ['credentials with a client', { client: new MongoClient(url), username: 'u', password: 'x' }],
  ['an unknown option', { url, keyPrefix: 'rn:' }],
  ['a database that cannot be', { url, database: 'a.b' }],
  ['an address with such a database', { url: `${url}/a.b` }],
  ['an address that is escaped wrongly', { url: `${url}/%zz` }],
  ['an address with an option that the driver does not know', { url: `${url}/?colour=red` }],
  ['a head that goes before its log', { url, headRetentionMs: 1_000 }],
  ['a head that is kept until no date', { url, headRetentionMs: Number.MAX_SAFE_INTEGER }],
  ['a call that waits for as long as a place is taken', { url, commandTimeoutMs: 60_000 }],
])('%s is refused', (_, options) => {
  expect(() => Reflect.apply(mongoStore, undefined, [options])).toThrow(invalid);
});

test('a store does nothing before it is started', async () => {
  const store = mongoStore({ url });
  expect(store.shared).toBe(true);
  await expect(store.positions(['user:1'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await store.close();
  await expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
});
