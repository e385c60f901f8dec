import { eventually, freshChannel, sampleEnvelope } from '@realtime-notify/contract-kit';
import { encodeEnvelope } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { node } from './test-node.js';
import { adminClient } from './test-redis.js';

test('publish is refused while more bytes wait for Redis than allowed', async () => {
  const redis = await privateRedis();
  const patient = { commandTimeoutMs: 20_000, probeTimeoutMs: 20_000 };
  const { broker } = await node({ url: redis.url, maxPendingBytes: 10_000, ...patient });
  const dataJson = JSON.stringify('x'.repeat(4_000));
  await redis.kill('SIGSTOP');
  const calls = Array.from({ length: 10 }, () =>
    broker.publish([sampleEnvelope(freshChannel(), { dataJson })]),
  );
  const settled = Promise.allSettled(calls);
  await expect(calls.at(-1)).rejects.toMatchObject({
    code: 'BROKER_UNAVAILABLE',
    message: expect.stringContaining('maxPendingBytes'),
  });
  await redis.kill('SIGCONT');
  const fulfilled = (await settled).filter(({ status }) => status === 'fulfilled');
  expect(fulfilled).toHaveLength(3);
  await broker.publish([sampleEnvelope(freshChannel(), { dataJson })]);
});

test('drain waits for what publish accepted', async () => {
  const redis = await privateRedis();
  const { broker } = await node({ url: redis.url });
  let published = 0;
  const calls = Array.from({ length: 20 }, async () => {
    await broker.publish([sampleEnvelope(freshChannel())]);
    published += 1;
  });
  await broker.drain();
  expect(published).toBe(20);
  await Promise.all(calls);
});

test('a client handed in gives its options and stays as it was', async () => {
  const redis = await privateRedis();
  const client = adminClient(redis.url, { keyPrefix: 'theirs:' });
  onTestFinished(() => client.disconnect());
  const { broker, sink } = await node({ redis: client, channelPrefix: 'x:' });
  const channel = freshChannel();
  await broker.subscribe([channel]);
  const envelope = sampleEnvelope(channel);
  await broker.publish([envelope]);
  await eventually(() => expect(sink.idsOf(channel)).toEqual([envelope.id]));
  expect(await client.pubsub('CHANNELS', 'x:n:*')).toEqual([`x:n:${channel}`]);
  await broker.close();
  expect(client.status).toBe('ready');
  expect(await client.ping()).toBe('PONG');
});

test('an envelope on the Redis channel of another channel is dropped', async () => {
  const redis = await privateRedis();
  const client = adminClient(redis.url);
  onTestFinished(() => client.disconnect());
  const { broker, sink } = await node({ url: redis.url });
  const [mine, theirs] = [freshChannel(), freshChannel()];
  await broker.subscribe([mine]);
  await client.publish(`rn:n:${mine}`, encodeEnvelope(sampleEnvelope(theirs)));
  const right = sampleEnvelope(mine);
  await client.publish(`rn:n:${mine}`, encodeEnvelope(right));
  await eventually(() => expect(sink.batches.flat()).toEqual([right]));
});
