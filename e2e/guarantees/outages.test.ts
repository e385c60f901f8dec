import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { OutOfBand } from '../../packages/contract-kit/src/out-of-band.js';
import { eventually } from '../harness/eventually.js';
import { everywhere, type Host, sayAll, startHost } from './harness/host.js';
import { redisFor, volatile } from './harness/own-redis.js';
import { untilShown } from './harness/told.js';

const hour = 3_600_000;
const ready = { status: 200, body: { status: 'ok', reasons: [] } };
const degraded = (reason: string) => ({
  status: 200,
  body: { status: 'degraded', reasons: [expect.stringContaining(reason)] },
});

async function untilReadiness(hosts: readonly Host[], expected: object): Promise<void> {
  for (const host of hosts) {
    let answer: unknown;
    await eventually(
      `${host.name} says how ready it is`,
      async () => {
        answer = await host.readiness();
        try {
          expect(answer).toMatchObject(expected);
          return true;
        } catch {
          return false;
        }
      },
      () => JSON.stringify(answer),
    );
  }
}

test('the broker is away when nodes start: they serve, degraded, and are joined once it is there', async () => {
  const store = await redisFor(volatile);
  const broker = await redisFor(volatile);
  await broker.redis.kill9();
  const settings = {
    storeUrl: store.redis.url,
    brokerUrl: broker.redis.url,
    positionCheckMs: 1_000,
  };
  const hosts = [
    await startHost({ name: 'a', ...settings }),
    await startHost({ name: 'b', ...settings }),
  ] as const;
  const [a, b] = hosts;
  await untilReadiness(hosts, degraded('broker: '));
  const readers = await everywhere(hosts, 'user', ['g']);
  // The other node finds it in the store.
  await untilShown(readers, await sayAll(a, 3, { user: 'user' }, { group: 'g' }, { all: true }));
  await broker.redis.restart();
  await untilReadiness(hosts, ready);
  await untilShown(readers, await sayAll(b, 3, { user: 'user' }, { group: 'g' }, { all: true }));
  for (const { links } of hosts) expect(links).toEqual(['BROKER_UNAVAILABLE', 'up']);
});

test('Redis cuts off a subscriber whose output buffer is full, again and again: it is found, and nothing is missing', async () => {
  const { redis, admin } = await redisFor(volatile);
  const settings = { storeUrl: redis.url, positionCheckMs: hour };
  const hosts = [
    await startHost({ name: 'a', ...settings }),
    await startHost({ name: 'b', ...settings }),
  ] as const;
  const readers = await everywhere(hosts, 'user', ['g']);
  await admin.config('SET', 'client-output-buffer-limit', 'pubsub 16kb 0 0');
  const [a, b] = hosts;
  const large = 'x'.repeat(60_000);
  for (let round = 0; round < 5; round += 1) {
    const cuts = b.links.length;
    await untilShown(readers, [await a.say({ group: 'g' }, `${round} ${large}`)]);
    await eventually('the node has found that it was cut off', () => b.links.length > cuts);
    await untilShown(readers, await sayAll(b, 5, { group: 'g' }, { user: 'user' }));
  }
  await untilReadiness(hosts, ready);
  await untilShown(readers, await sayAll(a, 5, { group: 'g' }, { user: 'user' }));
  for (const { name, log } of readers) expect(log.readies, name).toHaveLength(1);
});

test('a right is taken away, so that subscribing anew fails: degraded and said why, nothing thrown past anybody, well again when it is given back', async () => {
  const store = await redisFor(volatile);
  const { redis, admin } = await redisFor(volatile);
  await allowChannels(admin, '*');
  const settings = {
    storeUrl: store.redis.url,
    brokerUrl: redis.url.replace('redis://', 'redis://app:pw@'),
    positionCheckMs: 1_000,
  };
  const hosts = [
    await startHost({ name: 'a', ...settings }),
    await startHost({ name: 'b', ...settings }),
  ] as const;
  const [a, b] = hosts;
  const readers = await everywhere(hosts, 'user', ['g']);
  const thrown = await new OutOfBand().during(async () => {
    await allowChannels(admin, 'rn:probe:*');
    await untilReadiness(hosts, degraded('NOPERM'));
    await untilShown(readers, await sayAll(a, 3, { user: 'user' }, { group: 'g' }, { all: true }));
    await allowChannels(admin, '*');
    await untilReadiness(hosts, ready);
    await untilShown(readers, await sayAll(b, 3, { user: 'user' }, { group: 'g' }, { all: true }));
  });
  expect(thrown).toEqual([]);
  for (const { links } of hosts) expect(links).toEqual(['BROKER_UNAVAILABLE', 'up']);
  for (const { name, log } of readers) expect(log.readies, name).toHaveLength(1);
});

test('readiness: degraded with the reason while the store is away, stands still, or both are away; 503 while draining', async () => {
  const store = await redisFor(volatile);
  const broker = await redisFor(volatile);
  const settings = { storeUrl: store.redis.url, brokerUrl: broker.redis.url };
  const host = await startHost({ name: 'a', ...settings });
  await untilReadiness([host], ready);
  await store.redis.standStill();
  await untilReadiness([host], degraded('store: no answer'));
  await store.redis.goOn();
  await untilReadiness([host], ready);
  await store.redis.kill9();
  await untilReadiness([host], degraded('store: '));
  await broker.redis.kill9();
  await untilReadiness([host], {
    status: 200,
    body: {
      status: 'degraded',
      reasons: [expect.stringContaining('broker: '), expect.stringContaining('store: ')],
    },
  });
  await Promise.all([store.redis.restart(), broker.redis.restart()]);
  await untilReadiness([host], ready);
  await host.drain();
  await untilReadiness([host], { status: 503, body: { status: 'draining' } });
});

/** Rights of the user `app`; taking a channel away cuts off who is subscribed to it. */
async function allowChannels(admin: Redis, ...patterns: string[]): Promise<void> {
  const rules = ['on', '>pw', 'allcommands', 'allkeys', 'resetchannels'];
  await admin.acl('SETUSER', 'app', ...rules, ...patterns.map((pattern) => `&${pattern}`));
}
