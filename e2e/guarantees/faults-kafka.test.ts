import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { privateKafka } from '../../packages/broker-kafka/test/private-kafka.js';
import { Load, stretch } from './harness/load.js';
import { redisFor } from './harness/own-redis.js';

test(
  '600 clients, Kafka as broker stood still for 30 s: everything accepted is everywhere, in order, once, and no client is told that it lost anything',
  async () => {
    const { redis } = await redisFor();
    const kafka = await privateKafka(1);
    const KAFKA_TOPIC = `guarantees-${randomUUID()}`;
    const load = await Load.start(() => ({
      BROKER: 'kafka',
      STORE: 'redis',
      REDIS_URL: redis.url,
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAFKA_TOPIC,
    }));
    await load.suffer({
      name: 'Kafka stood still for 30 s',
      atMs: 5_000,
      strike: async () => {
        for (const node of kafka.nodes) await node.kill('SIGSTOP');
        await delay(30_000);
        for (const node of kafka.nodes) await node.kill('SIGCONT');
      },
    });
    await load.until(45_000);
    const tally = await load.finish('BROKER=kafka STORE=redis under faults');
    // The streams do not feel it.
    expect(tally).toMatchObject({ clients: 600, unrecovered: 0, reconnects: 0 });
  },
  300_000 * stretch,
);
