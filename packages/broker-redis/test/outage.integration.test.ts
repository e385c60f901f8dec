import {
  eventually,
  freshChannel,
  OutOfBand,
  sampleEnvelope,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { carries, node } from './test-node.js';
import { testAdmin } from './test-redis.js';

const unavailable = { code: 'BROKER_UNAVAILABLE' };

test('kill -9 and restart: calls reject meanwhile, then resync before up', async () => {
  const redis = await privateRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
  const [before, during] = [freshChannel(), freshChannel()];
  const [a, b] = [await node({ url: redis.url }), await node({ url: redis.url })];
  await b.broker.subscribe([before]);
  const thrown = await new OutOfBand().during(async () => {
    await redis.kill('SIGKILL');
    await eventually(() => expect(b.calls).toEqual(['up', 'down']));
    expect(b.sink.states[1]).toMatchObject({ state: 'down', error: unavailable });
    await expect(a.broker.publish([sampleEnvelope(before)])).rejects.toMatchObject(unavailable);
    await expect(b.broker.subscribe([during])).rejects.toMatchObject(unavailable);
    await expect(b.broker.probe()).rejects.toMatchObject(unavailable);
    await b.broker.unsubscribe([freshChannel()]);
    await redis.restart();
    await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
    await eventually(() => expect(a.calls).toEqual(['up', 'down', 'resync', 'up']));
    // Asked for while the link was down: wanted, hence subscribed by now.
    const sent = [sampleEnvelope(before), sampleEnvelope(during)];
    await a.broker.publish(sent);
    for (const { channel, id } of sent) {
      await eventually(() => expect(b.sink.idsOf(channel)).toEqual([id]));
    }
    await b.broker.probe();
  });
  expect(thrown).toEqual([]);
});

test('start resolves while Redis is away, and the link comes up once it is there', async () => {
  const redis = await privateRedis();
  await redis.kill('SIGKILL');
  const a = await node({ url: redis.url });
  expect(a.calls).toEqual(['down']);
  await redis.restart();
  await eventually(() => expect(a.calls).toEqual(['down', 'resync', 'up']));
});

test('a server that stopped answering is found by the probe', async () => {
  const redis = await privateRedis();
  const channel = freshChannel();
  const [a, b] = [await node({ url: redis.url }), await node({ url: redis.url })];
  await b.broker.subscribe([channel]);
  const thrown = await new OutOfBand().during(async () => {
    await redis.kill('SIGSTOP');
    await eventually(() => expect(b.calls).toEqual(['up', 'down']));
    await expect(a.broker.publish([sampleEnvelope(channel)])).rejects.toMatchObject(unavailable);
    await redis.kill('SIGCONT');
    await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
    await carries(a, b, channel);
  });
  expect(thrown).toEqual([]);
});

test('half-open connections are found and made anew though no end was ever seen', async () => {
  const redis = await privateRedis();
  const proxy = await tcpProxy(Number(new URL(redis.url).port));
  const channel = freshChannel();
  const [a, b] = [
    await node({ url: redis.url }),
    await node({ url: `redis://127.0.0.1:${proxy.port}` }),
  ];
  await b.broker.subscribe([channel]);
  await carries(a, b, channel);
  expect(proxy.accepted).toBe(2);
  proxy.freeze();
  await eventually(() => expect(b.calls).toEqual(['up', 'down', 'resync', 'up']));
  expect(proxy.accepted).toBeGreaterThanOrEqual(4);
  await carries(a, b, channel);
});

test('a subscriber gone dead is found although everything that is published is taken', async () => {
  const redis = await privateRedis();
  const proxy = await tcpProxy(Number(new URL(redis.url).port));
  const { broker, calls } = await node({ url: `redis://127.0.0.1:${proxy.port}` });
  proxy.freeze(2);
  await broker.publish([sampleEnvelope(freshChannel())]);
  await eventually(() => expect(calls).toEqual(['up', 'down', 'resync', 'up']));
});

test('a subscriber that Redis cut off is subscribed again, then told to resync', async () => {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  const channel = freshChannel();
  const [a, b] = [await node({ url: redis.url }), await node({ url: redis.url })];
  await b.broker.subscribe([channel]);
  for (let round = 1; round <= 3; round += 1) {
    await admin.call('client', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => expect(b.sink.resyncs).toHaveLength(round));
    const envelope = sampleEnvelope(channel);
    await eventually(() => a.broker.publish([envelope]));
    await eventually(() => expect(b.sink.idsOf(channel).at(-1)).toBe(envelope.id));
  }
});

test('a probe that was lost with its connection does not keep the link down', async () => {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  await admin.ping();
  const patient = { commandTimeoutMs: 20_000, probeEveryMs: 3_600_000, probeTimeoutMs: 3_600_000 };
  const { broker, calls } = await node({ url: redis.url, ...patient });
  // Redis finds both when it goes on: it takes the probe's message and drops who would receive it.
  await redis.kill('SIGSTOP');
  const cut = admin.call('client', 'KILL', 'TYPE', 'pubsub');
  const probe = expect(broker.probe()).rejects.toMatchObject(unavailable);
  await redis.kill('SIGCONT');
  await Promise.all([cut, probe]);
  await eventually(() => expect(calls).toEqual(['up', 'down', 'resync', 'up']));
});

test('a publisher that Redis cut off: publish works again', async () => {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  const channel = freshChannel();
  const [a, b] = [await node({ url: redis.url }), await node({ url: redis.url })];
  await b.broker.subscribe([channel]);
  await admin.call('client', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await eventually(() => expect(a.calls).toEqual(['up', 'down', 'resync', 'up']));
  await carries(a, b, channel);
});

test('one log line per change, however many attempts it takes', async () => {
  const redis = await privateRedis();
  const lines: string[] = [];
  const note = (_facts: object, message: string): void => {
    lines.push(message);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const { broker, calls } = await node({ url: redis.url, logger });
  await redis.kill('SIGKILL');
  await eventually(() => expect(calls).toContain('down'));
  for (let i = 0; i < 20; i += 1) await broker.publish([sampleEnvelope('user:1')]).catch(() => 0);
  await redis.restart();
  await eventually(() => expect(calls.at(-1)).toBe('up'));
  const [up, down] = [
    'broker-redis: the link to Redis is up',
    'broker-redis: the link to Redis is down',
  ];
  expect(lines).toEqual([up, down, up]);
});
