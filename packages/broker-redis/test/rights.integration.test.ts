import { readFileSync } from 'node:fs';
import {
  eventually,
  freshChannel,
  OutOfBand,
  RecordingSink,
  sampleEnvelope,
} from '@realtime-notify/contract-kit';
import type { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisBroker } from '../src/index.js';
import { carries, node } from './test-node.js';
import { testAdmin } from './test-redis.js';

const unavailable = { code: 'BROKER_UNAVAILABLE' };

/** Rights of the user `app`; taking a channel away cuts off who is subscribed to it. */
async function allowChannels(admin: Redis, ...patterns: string[]): Promise<void> {
  const rules = ['on', '>pw', 'allcommands', 'allkeys', 'resetchannels'];
  await admin.acl('SETUSER', 'app', ...rules, ...patterns.map((pattern) => `&${pattern}`));
}

async function redisWithUser(...patterns: string[]): Promise<{ url: string; admin: Redis }> {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  await allowChannels(admin, ...patterns);
  return { url: redis.url.replace('redis://', 'redis://app:pw@'), admin };
}

test('a refused resubscription is reported, tried again, and resynced once it is granted', async () => {
  const { url, admin } = await redisWithUser('*');
  const channel = freshChannel();
  const [a, b] = [await node({ url }), await node({ url })];
  await b.broker.subscribe([channel]);
  const thrown = await new OutOfBand().during(async () => {
    await allowChannels(admin, 'rn:probe:*');
    await eventually(async () => expect(await refusedSubscriptions(admin)).toBeGreaterThan(2));
    expect(b.calls).toEqual(['up', 'down']);
    await allowChannels(admin, '*');
    await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
    await carries(a, b, channel);
  });
  expect(thrown).toEqual([]);
});

test('a refused subscribe on a live link: rejects, reported down, subscribed once granted', async () => {
  const { url, admin } = await redisWithUser('rn:probe:*');
  const channel = freshChannel();
  const [a, b] = [await node({ url }), await node({ url })];
  await expect(b.broker.subscribe([channel])).rejects.toMatchObject({
    ...unavailable,
    message: expect.stringContaining('NOPERM'),
  });
  await eventually(() => expect(b.sink.states.at(-1)).toMatchObject({ error: unavailable }));
  await allowChannels(admin, '*');
  await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
  await carries(a, b, channel);
});

test('a refused publish rejects, though others of its batch were taken', async () => {
  const { url } = await redisWithUser('rn:probe:*', 'rn:n:user:ok*');
  const { broker, sink } = await node({ url });
  const [allowed, refused] = [freshChannel('ok'), freshChannel('no')];
  await broker.subscribe([allowed]);
  const envelopes = [sampleEnvelope(allowed), sampleEnvelope(refused)];
  await expect(broker.publish(envelopes)).rejects.toMatchObject(unavailable);
  await eventually(() => expect(sink.idsOf(allowed)).toEqual([envelopes[0]?.id]));
});

test('a refused channel that is no longer wanted does not keep the link down', async () => {
  const { url } = await redisWithUser('rn:probe:*', 'rn:n:user:ok*');
  const { broker, calls } = await node({ url });
  const channel = freshChannel();
  await expect(broker.subscribe([channel])).rejects.toMatchObject(unavailable);
  await eventually(() => expect(calls).toEqual(['up', 'down']));
  await broker.unsubscribe([channel]);
  await eventually(() => expect(calls).toEqual(['up', 'down', 'resync', 'up']));
});

test.each([
  ['wrong credentials', 'redis://app:wr0ng-secret@', 'WRONGPASS'],
  ['a missing right', 'redis://app:pw@', 'NOPERM'],
])(
  'start rejects on %s without giving them away, and leaves nothing open',
  async (_, login, code) => {
    const { url } = await redisWithUser();
    const broker = redisBroker({ url: url.replace('redis://app:pw@', login) });
    onTestFinished(() => broker.close());
    const error = await broker.start(new RecordingSink()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'BROKER_CONFIGURATION',
      message: expect.stringContaining(code),
    });
    const { cause } = error as Error;
    expect(JSON.stringify([String(error), cause, String(cause)])).not.toMatch(/wr0ng-secret|"pw"/);
    await expect(broker.probe()).rejects.toMatchObject({ code: 'CLOSED' });
  },
);

test('the rights that the README names are enough, and only for our channels', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, name = '', rules = ''] = /^ACL SETUSER (\S+) (.*)$/m.exec(readme) ?? [];
  const redis = await privateRedis();
  await testAdmin(redis.url).acl('SETUSER', name, ...rules.split(' '));
  const login = { url: redis.url, username: name, password: 'secret' };
  const channel = freshChannel();
  const [a, b] = [await node(login), await node(login)];
  await b.broker.subscribe([channel]);
  await carries(a, b, channel);
  await b.broker.unsubscribe([channel]);
  await b.broker.probe();
  const elsewhere = redisBroker({ ...login, channelPrefix: 'theirs:' });
  onTestFinished(() => elsewhere.close());
  await expect(elsewhere.start(new RecordingSink())).rejects.toMatchObject({
    code: 'BROKER_CONFIGURATION',
  });
});

async function refusedSubscriptions(admin: Redis): Promise<number> {
  const stats = await admin.info('commandstats');
  return Number(/cmdstat_subscribe:.*rejected_calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
