import { eventually, freshChannel, OutOfBand, sampleDraft } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { startSecureRedis } from '../../../scripts/private-servers/redis.js';
import { type RedisStoreOptions, redisStore } from '../src/index.js';
import { adminClient } from './test-redis.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
// What is refused must not wait for these.
const patient = { startTimeoutMs: 3_600_000, maxReconnectDelayMs: 3_600_000 };

async function secureRedis(askClients = false) {
  const secure = await startSecureRedis({ askClients });
  onTestFinished(secure.dispose);
  const admin = adminClient(secure.redis.url);
  onTestFinished(() => admin.disconnect());
  return { ...secure, admin };
}

/** Why `start` rejected; undefined if it did not. */
async function refusalOf(options: RedisStoreOptions): Promise<unknown> {
  const store = redisStore({ ...patient, ...options });
  onTestFinished(() => store.close());
  return store.start().then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('a server whose certificate is not accepted: start rejects at once, nothing is thrown', async () => {
  const { secureUrl: url, user, certificates } = await secureRedis();
  const other = await secureRedis();
  const wrong: RedisStoreOptions[] = [
    { url, ...user },
    { url, ...user, tls: { ca: other.certificates.ca } },
    { url, ...user, tls: { ca: certificates.ca, servername: 'other.test' } },
  ];
  const refused = { ...unavailable, message: expect.stringContaining('refused') };
  const thrown = await new OutOfBand().during(async () => {
    for (let round = 0; round < 10; round += 1) {
      for (const options of wrong) expect(await refusalOf(options)).toMatchObject(refused);
    }
  });
  expect(thrown).toEqual([]);
  const named = { ca: certificates.ca, servername: 'redis.test' };
  expect(await refusalOf({ url, ...user, tls: named })).toBeUndefined();
});

test('a server that asks for a certificate: ours is shown; without it start rejects', async () => {
  const { secureUrl: url, certificates } = await secureRedis(true);
  const { ca, client } = certificates;
  expect(await refusalOf({ url, tls: { ca } })).toMatchObject({
    ...unavailable,
    message: expect.stringContaining('alert'),
  });
  const { cert, key } = client;
  expect(await refusalOf({ url, tls: { ca, cert, key } })).toBeUndefined();
});

test('a password that is missing, and one that is wrong: start rejects, and tells none', async () => {
  const { admin, secureUrl: url, user, certificates } = await secureRedis();
  await admin.config('SET', 'requirepass', 'another');
  for (const [login, code] of [
    [{}, 'NOAUTH'],
    [{ password: user.password }, 'WRONGPASS'],
    [{ ...user, password: 'wr0ng-secret' }, 'WRONGPASS'],
    [{ url: url.replace('//', '//:wr0ng-secret@') }, 'WRONGPASS'],
  ] as const) {
    const error = await refusalOf({ url, ...login, tls: { ca: certificates.ca } });
    expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining(code) });
    const { cause } = error as Error;
    const told = JSON.stringify([String(error), cause, String(cause)]);
    expect(told).not.toMatch(/wr0ng-secret|a-l0ng-pw/);
  }
});

test('a password that is changed while running: calls reject, go on once it fits; told to nobody', async () => {
  const { admin, secureUrl: url, user, certificates } = await secureRedis();
  const lines: string[] = [];
  const told: string[] = [];
  const tell = (facts: object, message: string): void => {
    lines.push(message);
    told.push(JSON.stringify([facts, Object.values(facts).map(String)]));
  };
  const logger = { debug: tell, info: tell, warn: tell, error: tell };
  const tls = { ca: certificates.ca };
  const store = redisStore({ url, ...user, tls, logger, maxReconnectDelayMs: 100 });
  onTestFinished(() => store.close());
  await store.start();
  const channel = freshChannel();
  const thrown = await new OutOfBand().during(async () => {
    await admin.acl('SETUSER', user.username, 'resetpass', '>another');
    await admin.call('client', 'KILL', 'USER', user.username);
    const refused = { ...unavailable, message: expect.stringContaining('WRONGPASS') };
    await eventually(() => expect(store.positions([channel])).rejects.toMatchObject(refused));
    await admin.acl('SETUSER', user.username, `>${user.password}`);
    await eventually(() => store.positions([channel]));
    expect(await store.append([sampleDraft(channel)])).toMatchObject([{ status: 'appended' }]);
  });
  expect(thrown).toEqual([]);
  expect(lines).toEqual([
    'store-redis: the link to Redis is up',
    'store-redis: the link to Redis is down',
    'store-redis: Redis refuses the link',
    'store-redis: the link to Redis is up',
  ]);
  expect(told.join()).not.toContain(user.password);
});
