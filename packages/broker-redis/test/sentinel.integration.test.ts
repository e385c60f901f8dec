import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  eventually,
  freshChannel,
  OutOfBand,
  RecordingSink,
  sampleEnvelope,
} from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privateGroup } from '../../../scripts/private-servers/redis.js';
import type { RedisGroup } from '../../../scripts/services/redis-sentinel.js';
import { makeRedisCertificates } from '../../../scripts/services/redis-tls.js';
import { type RedisBrokerOptions, redisBroker } from '../src/index.js';
import { carries, node, publishOnlyNode } from './test-node.js';
import { sentinelClient, testAdmin } from './test-redis.js';

function sentinelOf({ name, sentinels }: RedisGroup) {
  return { name, addresses: sentinels };
}

async function certificates() {
  const dir = await mkdtemp(join(tmpdir(), 'rn-tls-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return makeRedisCertificates(dir);
}

test('failover: subscribed again at the new master, then resync, then up', async () => {
  const group = await privateGroup({ sentinels: 3 });
  const channel = freshChannel();
  const sentinel = sentinelOf(group);
  const [a, b] = [await node({ sentinel }), await node({ sentinel })];
  const publisher = await publishOnlyNode({ sentinel });
  await b.broker.subscribe([channel]);
  await carries(a, b, channel);
  const thrown = await new OutOfBand().during(async () => {
    await group.master.kill('SIGKILL');
    await eventually(() => expect(b.calls).toEqual(['up', 'down']));
    await expect(b.broker.publish([sampleEnvelope(channel)])).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
    });
    await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
    const subscribed = await testAdmin(group.replica.url).pubsub('CHANNELS', 'rn:n:*');
    expect(subscribed).toEqual([`rn:n:${channel}`]);
    await carries(a, b, channel);
    await carries(publisher, b, channel);
    expect(publisher.calls).toEqual(['up', 'down', 'up']);
  });
  expect(thrown).toEqual([]);
});

test('a failover with both servers alive: all nodes move to the new master', async () => {
  const group = await privateGroup({ sentinels: 1 });
  const channel = freshChannel();
  const sentinel = sentinelOf(group);
  const [a, b] = [await node({ sentinel }), await node({ sentinel })];
  await b.broker.subscribe([channel]);
  const { host, port } = sentinel.addresses[0] ?? {};
  const watcher = testAdmin(`redis://${host}:${port}`, { enableReadyCheck: false });
  await watcher.call('sentinel', 'failover', group.name);
  for (const { calls } of [a, b]) {
    await eventually(() => expect(calls.join(' ')).toMatch(/^up( down resync up)+$/));
  }
  const moved = testAdmin(group.replica.url);
  await eventually(async () => {
    const clients = String(await moved.client('LIST'));
    expect(clients.match(/name=realtime-notify-/g)).toHaveLength(4);
  });
  await carries(a, b, channel);
});

test('Sentinels and servers with passwords and TLS, one Sentinel away', async () => {
  const [own, other] = [await certificates(), await certificates()];
  const serverArgs = ['--user', 'app', 'on', '>pw', '~*', '&*', '+@all'];
  const secured = { sentinels: 1, sentinelPassword: 'spw', certificates: own, serverArgs };
  const group = await privateGroup(secured);
  const away = { host: '127.0.0.1', port: 1 };
  const sentinel = {
    name: group.name,
    addresses: [away, ...group.sentinels],
    password: 'spw',
  };
  const right = { sentinel, username: 'app', password: 'pw', tls: { ca: own.ca } };
  const channel = freshChannel();
  const [a, b] = [await node(right), await node(right)];
  await b.broker.subscribe([channel]);
  await carries(a, b, channel);

  const wrong: [string, RedisBrokerOptions][] = [
    ['no Sentinel knows', { ...right, sentinel: { ...sentinel, name: 'other' } }],
    ['WRONGPASS', { ...right, sentinel: { ...sentinel, password: 'wr0ng' } }],
    ['NOAUTH', { ...right, sentinel: { name: group.name, addresses: sentinel.addresses } }],
    ['certificate', { ...right, tls: { ca: other.ca } }],
    ['certificate', { ...right, sentinel: { ...sentinel, tls: { ca: other.ca } } }],
    ['WRONGPASS', { ...right, password: 'wr0ng' }],
  ];
  const thrown = await new OutOfBand().during(async () => {
    for (const [why, options] of wrong) {
      const broker = redisBroker(options);
      onTestFinished(() => broker.close());
      const error = await broker.start(new RecordingSink()).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'BROKER_CONFIGURATION',
        message: expect.stringContaining(why),
      });
      const { cause } = error as Error;
      expect(JSON.stringify([String(error), cause, String(cause)])).not.toMatch(/wr0ng|"s?pw"/);
    }
  });
  expect(thrown).toEqual([]);
});

test('a client with Sentinels handed in: its options are taken, failover included', async () => {
  const group = await privateGroup({ sentinels: 1 });
  const channel = freshChannel();
  const redis = sentinelClient(sentinelOf(group));
  const [a, b] = [await node({ redis }), await node({ redis })];
  await b.broker.subscribe([channel]);
  await group.master.kill('SIGKILL');
  await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
  await carries(a, b, channel);
});
