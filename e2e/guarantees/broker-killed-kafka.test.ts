import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { privateKafka } from '../../packages/broker-kafka/test/private-kafka.js';
import { createTopic, withAdmin } from '../../packages/broker-kafka/test/test-kafka.js';
import { eventually } from '../harness/eventually.js';
import type { NodeProcess } from '../harness/node-process.js';
import { amplyPerSecond, Load, stretch } from './harness/load.js';
import { redisFor } from './harness/own-redis.js';
import { lightMix } from './harness/population.js';

test(
  '100 clients, one of three Kafka brokers killed with -9 under traffic: everything accepted is everywhere, in order, once, and no client is told that it lost anything',
  async () => {
    const begun = performance.now();
    const { redis } = await redisFor();
    const kafka = await privateKafka(3);
    const clusterMs = performance.now() - begun;
    const KAFKA_TOPIC = `guarantees-${randomUUID()}`;
    // As the cluster has it by default: three copies, of which two must be there.
    await createTopic(kafka.brokers, KAFKA_TOPIC, 6);
    const [killed] = kafka.nodes;
    if (killed === undefined) throw new Error('three brokers were to be started');
    const led = await partitionsLed(kafka.brokers, KAFKA_TOPIC, killed.id);
    expect(led).toBeGreaterThan(0);
    const load = await Load.start(
      () => ({
        BROKER: 'kafka',
        STORE: 'redis',
        REDIS_URL: redis.url,
        KAFKA_BROKERS: kafka.brokers.join(','),
        KAFKA_TOPIC,
      }),
      // Until its leaders have moved `notify` waits a second for Kafka: that many are under way then.
      { users: 50, perSecond: amplyPerSecond, publishers: 600, mix: lightMix },
    );
    await load.suffer({
      name: `Kafka broker leading ${led} of 6 partitions killed with -9`,
      atMs: 3_000,
      strike: async () => {
        await killed.kill('SIGKILL');
        for (const degraded of [true, false]) await untilAll(load.nodes, degraded);
      },
    });
    await load.until(16_000);
    const tally = await load.finish(
      `BROKER=kafka STORE=redis, three brokers (up after ${(clusterMs / 1_000).toFixed(1)} s), ${amplyPerSecond} notifications/s asked for; a fault lasts until all nodes are ready without degradation`,
    );
    // The streams do not feel it.
    expect(tally).toMatchObject({ clients: 100, unrecovered: 0, reconnects: 0 });
  },
  300_000 * stretch,
);

/** How many partitions a broker leads; each of the Kafka topic has three copies and needs two. */
async function partitionsLed(
  brokers: readonly string[],
  topic: string,
  broker: number,
): Promise<number> {
  return withAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    for (const { replicas } of partitions) expect(replicas).toHaveLength(3);
    const configNames = ['min.insync.replicas'];
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('2');
    return partitions.filter(({ leader }) => leader === broker).length;
  });
}

async function untilAll(nodes: readonly NodeProcess[], degraded: boolean): Promise<void> {
  const wanted = degraded ? 'degraded' : 'ok';
  await eventually(`all nodes are ${wanted}`, async () => {
    const answers = nodes.map(({ base }) => fetch(new URL('/readyz', base)));
    const states = await Promise.all(answers.map(async (answer) => (await answer).json()));
    return states.every((state) => state.status === wanted);
  });
}
