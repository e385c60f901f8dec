import {
  eventually,
  freshChannel,
  RecordingSink,
  sampleEnvelope,
} from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisBroker } from '../src/index.js';
import { node, publishOnlyNode } from './test-node.js';
import { testAdmin } from './test-redis.js';

const unavailable = { code: 'BROKER_UNAVAILABLE' };

test('B9 a publish-only node holds one connection, which is subscribed to nothing', async () => {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  const { broker, calls } = await publishOnlyNode({ url: redis.url });
  await broker.probe();
  const clients = String(await admin.client('LIST'));
  expect(clients.match(/name=realtime-notify-\w+/g)).toEqual(['name=realtime-notify-publisher']);
  expect(await admin.pubsub('CHANNELS')).toEqual([]);
  await expect(broker.subscribe([freshChannel()])).rejects.toMatchObject({ code: 'PUBLISH_ONLY' });
  await broker.unsubscribe([freshChannel()]);
  expect(calls).toEqual(['up']);
});

test('B9 it reports the state of its one link, and recovers, without any resync', async () => {
  const redis = await privateRedis();
  const channel = freshChannel();
  const { broker, sink, calls } = await publishOnlyNode({ url: redis.url });
  await redis.kill('SIGKILL');
  await eventually(() => expect(calls).toEqual(['up', 'down']));
  expect(sink.states.at(-1)).toMatchObject({ error: unavailable });
  await expect(broker.publish([sampleEnvelope(channel)])).rejects.toMatchObject(unavailable);
  await expect(broker.probe()).rejects.toMatchObject(unavailable);
  await redis.restart();
  await eventually(() => expect(calls).toEqual(['up', 'down', 'up']));
  const follower = await node({ url: redis.url });
  await follower.broker.subscribe([channel]);
  const sent = sampleEnvelope(channel);
  await broker.publish([sent]);
  await eventually(() => expect(follower.sink.idsOf(channel)).toEqual([sent.id]));
});

test('B9 a server that stopped answering is found by the probe', async () => {
  const redis = await privateRedis();
  const { calls } = await publishOnlyNode({ url: redis.url });
  await redis.kill('SIGSTOP');
  await eventually(() => expect(calls).toEqual(['up', 'down']));
  await redis.kill('SIGCONT');
  await eventually(() => expect(calls).toEqual(['up', 'down', 'up']));
});

test('B9 start rejects where the right to publish is missing', async () => {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  await admin.acl('SETUSER', 'reader', 'on', '>pw', '&*', '+info', '+subscribe');
  const broker = redisBroker({ url: redis.url, username: 'reader', password: 'pw' });
  onTestFinished(() => broker.close());
  await expect(broker.start(new RecordingSink(), { publishOnly: true })).rejects.toMatchObject({
    code: 'BROKER_CONFIGURATION',
    message: expect.stringContaining('NOPERM'),
  });
});
