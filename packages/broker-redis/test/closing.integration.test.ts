import {
  eventually,
  freshChannel,
  RecordingSink,
  sampleEnvelope,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisBroker } from '../src/index.js';
import { node } from './test-node.js';

const endless = { commandTimeoutMs: 3_600_000, probeTimeoutMs: 3_600_000 };

test('nothing is handed over from the moment that close is called', async () => {
  const redis = await privateRedis();
  const channel = freshChannel();
  const publisher = await node({ url: redis.url, ...endless });
  const broker = redisBroker({ url: redis.url });
  onTestFinished(() => broker.close());
  let closing: Promise<void> | undefined;
  let received = 0;
  let receivedLater = 0;
  await broker.start({
    receive: (envelopes) => {
      received += envelopes.length;
      if (closing !== undefined) receivedLater += envelopes.length;
      closing ??= broker.close();
    },
    resync: () => {},
    status: () => {},
  });
  await broker.subscribe([channel]);
  // Far more than one read from the socket holds.
  const dataJson = JSON.stringify('x'.repeat(1_000));
  const flood = Array.from({ length: 5_000 }, () => sampleEnvelope(channel, { dataJson }));
  await publisher.broker.publish(flood);
  await eventually(() => expect(received).toBeGreaterThan(0));
  await closing;
  expect(received).toBeLessThan(flood.length);
  expect(receivedLater).toBe(0);
});

test('close ends a start that is under way', async () => {
  const redis = await privateRedis();
  await redis.kill('SIGSTOP');
  const broker = redisBroker({ url: redis.url, ...endless });
  const started = expect(broker.start(new RecordingSink())).rejects.toMatchObject({
    code: 'CLOSED',
  });
  await broker.close();
  await started;
});

test('close ends a probe whose message will never come', async () => {
  const redis = await privateRedis();
  const proxy = await tcpProxy(Number(new URL(redis.url).port));
  const url = `redis://127.0.0.1:${proxy.port}`;
  const { broker } = await node({ url, ...endless, probeEveryMs: 3_600_000 });
  proxy.freeze(2);
  const probe = expect(broker.probe()).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  // Redis took this, hence the probe's message before it.
  await broker.publish([sampleEnvelope(freshChannel())]);
  await broker.close();
  await probe;
});

test('close ends a probe and a publish that are under way', async () => {
  const redis = await privateRedis();
  const { broker } = await node({ url: redis.url, ...endless, probeEveryMs: 3_600_000 });
  await redis.kill('SIGSTOP');
  const pending = Promise.allSettled([
    broker.probe(),
    broker.publish([sampleEnvelope(freshChannel())]),
    broker.subscribe([freshChannel()]),
  ]);
  await broker.close();
  for (const result of await pending) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'BROKER_UNAVAILABLE' } });
  }
});
