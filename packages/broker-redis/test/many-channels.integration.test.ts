import { eventually, freshChannel, sampleEnvelope } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { node } from './test-node.js';
import { testAdmin } from './test-redis.js';

const patient = { commandTimeoutMs: 20_000, probeTimeoutMs: 20_000 };

test('5,000 channels: no command over 500, and all stand again before resync', async () => {
  const redis = await privateRedis();
  const admin = testAdmin(redis.url);
  const sizes = new Map<string, number[]>();
  const monitor = await admin.monitor();
  onTestFinished(() => monitor.disconnect());
  monitor.on('monitor', (_time: string, [name = '', ...args]: string[]) => {
    const command = name.toLowerCase();
    sizes.set(command, [...(sizes.get(command) ?? []), args.length]);
  });
  const sizesOf = (command: string): number[] => sizes.get(command) ?? [];
  const total = (command: string): number => sizesOf(command).reduce((sum, size) => sum + size, 0);

  const channels = Array.from({ length: 5_000 }, () => freshChannel());
  const [a, b] = [
    await node({ url: redis.url, ...patient }),
    await node({ url: redis.url, ...patient }),
  ];
  // Asked for one by one in one tick, as when many clients reconnect together.
  await Promise.all(channels.map((channel) => b.broker.subscribe([channel])));
  await eventually(() => expect(total('subscribe')).toBe(5_002));
  expect(Math.max(...sizesOf('subscribe'))).toBe(500);
  expect(sizesOf('subscribe').length).toBeLessThanOrEqual(13);

  sizes.clear();
  await admin.call('client', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(b.sink.resyncs).toHaveLength(1));
  expect(await subscribedTo(admin, 'rn:n:*')).toBe(5_000);
  await eventually(() => expect(total('subscribe')).toBe(5_002));
  expect(Math.max(...sizesOf('subscribe'))).toBeLessThanOrEqual(500);

  const sent = channels.map((channel) => sampleEnvelope(channel));
  await eventually(() => expect(a.calls.at(-1)).toBe('up'));
  await a.broker.publish(sent);
  await eventually(() => expect(b.sink.batches.flat()).toHaveLength(5_000));
  // What one read from the socket held was handed over together.
  expect(b.sink.batches.length).toBeLessThan(1_000);

  sizes.clear();
  await b.broker.unsubscribe(channels);
  expect(await subscribedTo(admin, 'rn:n:*')).toBe(0);
  await eventually(() => expect(total('unsubscribe')).toBe(5_000));
  expect(Math.max(...sizesOf('unsubscribe'))).toBe(500);
});

async function subscribedTo(admin: ReturnType<typeof testAdmin>, pattern: string): Promise<number> {
  const channels = await admin.pubsub('CHANNELS', pattern);
  return channels.length;
}
