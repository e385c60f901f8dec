import { silentLogger } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { brokerOptionsSchema } from './broker-options.js';
import { redisBroker } from './index.js';

const url = 'redis://127.0.0.1:1';

test('defaults', () => {
  expect(brokerOptionsSchema.parse({ url })).toEqual({
    source: { at: { host: '127.0.0.1', port: 1 }, database: 0 },
    channelPrefix: 'rn:',
    partitions: 256,
    routing: 'interest',
    commandTimeoutMs: 5_000,
    probeEveryMs: 5_000,
    probeTimeoutMs: 3_000,
    maxReconnectDelayMs: 2_000,
    maxPendingBytes: 16_777_216,
    logger: silentLogger,
  });
});

test.each([
  ['no address', {}, 'pass one of url, sentinel, cluster and redis'],
  ['an unknown name', { url, probeEvery: 3 }, 'probeEvery'],
  ['another scheme', { url: 'http://x' }, 'url: must begin with redis://'],
  ['what is no client', { redis: {} }, 'redis: must be an ioredis client'],
  ['a cluster client', { redis: { duplicate: () => {}, isCluster: true } }, 'not a Cluster'],
  [
    'a hash tag in the prefix on a Cluster',
    { cluster: { nodes: [{ host: 'a' }] }, channelPrefix: '{a}' },
    'channelPrefix: must not contain braces',
  ],
  ['more partitions than slots', { url, partitions: 16_385 }, 'partitions'],
  ['a routing that Redis has not got', { url, routing: 'fanout' }, 'routing'],
  ['no time at all', { url, probeTimeoutMs: 0 }, 'probeTimeoutMs'],
])('%s is refused', (_, options, message) => {
  // Deliberately wrong: what an untyped caller could pass.
  const untyped = options as Parameters<typeof redisBroker>[0];
  expect(() => redisBroker(untyped)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});

test('nothing is connected before start, and calls say so', async () => {
  const broker = redisBroker({ url });
  const notStarted = { code: 'NOT_STARTED' };
  await expect(broker.publish([])).rejects.toMatchObject(notStarted);
  await expect(broker.subscribe(['user:1'])).rejects.toMatchObject(notStarted);
  await expect(broker.probe()).rejects.toMatchObject(notStarted);
  await broker.drain();
  await broker.close();
  await expect(broker.publish([])).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a directed broker is started under the id by which others send to it', async () => {
  const broker = redisBroker({ url, routing: 'directed' });
  const sink = { receive: () => {}, resync: () => {}, status: () => {} };
  await expect(broker.start(sink)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  await broker.close();
});
