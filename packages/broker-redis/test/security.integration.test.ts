import { eventually, freshChannel, OutOfBand, RecordingSink } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { startSecureRedis } from '../../../scripts/private-servers/redis.js';
import { type RedisBrokerOptions, redisBroker } from '../src/index.js';
import { carries, node } from './test-node.js';
import { testAdmin } from './test-redis.js';

async function secureRedis(askClients = false) {
  const secure = await startSecureRedis({ askClients });
  onTestFinished(secure.dispose);
  return secure;
}

/** Why `start` rejected; undefined if it did not. */
async function refusalOf(options: RedisBrokerOptions): Promise<unknown> {
  const broker = redisBroker(options);
  onTestFinished(() => broker.close());
  return broker.start(new RecordingSink()).then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('TLS and a password, for both directions', async () => {
  const { secureUrl: url, user, certificates } = await secureRedis();
  const secure = { url, ...user, tls: { ca: certificates.ca } };
  const channel = freshChannel();
  const [a, b] = [await node(secure), await node(secure)];
  await b.broker.subscribe([channel]);
  await carries(a, b, channel);
});

test('a server whose certificate is not accepted: start rejects, and nothing is thrown', async () => {
  const { secureUrl: url, user, certificates } = await secureRedis();
  const other = await secureRedis();
  const refused = { code: 'BROKER_CONFIGURATION' };
  const wrong: RedisBrokerOptions[] = [
    { url, ...user },
    { url, ...user, tls: { ca: other.certificates.ca } },
    { url, ...user, tls: { ca: certificates.ca, servername: 'other.test' } },
  ];
  const thrown = await new OutOfBand().during(async () => {
    // Often: the server's alert reaches a socket that has failed already, or does not.
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
  const other = await secureRedis();
  const { ca, client } = certificates;
  const own = ({ cert, key }: typeof client) => ({ ca, cert, key });
  for (const tls of [{ ca }, own(other.certificates.client)]) {
    expect(await refusalOf({ url, tls })).toMatchObject({
      code: 'BROKER_CONFIGURATION',
      message: expect.stringContaining('alert'),
    });
  }
  expect(await refusalOf({ url, tls: own(client) })).toBeUndefined();
});

test('a password that is missing, and one that is wrong: start rejects', async () => {
  const { redis, secureUrl: url, user, certificates } = await secureRedis();
  await testAdmin(redis.url).config('SET', 'requirepass', 'another');
  const tls = { ca: certificates.ca };
  for (const [login, code] of [
    [{}, 'NOAUTH'],
    [{ password: user.password }, 'WRONGPASS'],
    [{ ...user, password: 'wr0ng-secret' }, 'WRONGPASS'],
  ] as const) {
    const error = await refusalOf({ url, ...login, tls });
    expect(error).toMatchObject({
      code: 'BROKER_CONFIGURATION',
      message: expect.stringContaining(code),
    });
    const { cause } = error as Error;
    const told = JSON.stringify([String(error), cause, String(cause)]);
    expect(told).not.toMatch(/wr0ng-secret|a-l0ng-pw/);
  }
});

test('a password that is changed while running: down, then up once it fits; told to nobody', async () => {
  const { redis, secureUrl: url, user, certificates } = await secureRedis();
  const admin = testAdmin(redis.url);
  const told: string[] = [];
  const tell = (facts: object, message: string): void => {
    told.push(JSON.stringify([message, facts, Object.values(facts).map(String)]));
  };
  const logger = { debug: tell, info: tell, warn: tell, error: tell };
  const secure = { url, ...user, tls: { ca: certificates.ca }, logger };
  const channel = freshChannel();
  const [a, b] = [await node(secure), await node(secure)];
  await b.broker.subscribe([channel]);
  const thrown = await new OutOfBand().during(async () => {
    // Redis cuts nobody off for a new password.
    await admin.acl('SETUSER', user.username, 'resetpass', '>another');
    await carries(a, b, channel);
    await admin.call('client', 'KILL', 'USER', user.username);
    await eventually(() => expect(b.calls).toEqual(['up', 'down']));
    const refused = { code: 'BROKER_UNAVAILABLE', message: expect.stringContaining('WRONGPASS') };
    await eventually(() => expect(b.broker.probe()).rejects.toMatchObject(refused));
    await admin.acl('SETUSER', user.username, `>${user.password}`);
    await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
    await carries(a, b, channel);
  });
  expect(thrown).toEqual([]);
  const states = JSON.stringify([a.sink.states, b.sink.states, b.sink.resyncs]);
  expect(told.length).toBeGreaterThan(3);
  expect(`${told.join()}${states}`).not.toContain(user.password);
});
