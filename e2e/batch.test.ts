import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BatchProcess } from './harness/batch-process.js';
import { Crowd } from './harness/crowd.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { KafkaView } from './harness/kafka.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';

const perUser = 20;
/** Kinds of Kafka requests. */
const [produce, fetchRecords, joinGroup] = ['kafka 0', 'kafka 1', 'kafka 11'];

describe.each(['redis', 'kafka'] as const)(
  'BROKER=%s, a batch job and two nodes that hold the clients',
  (broker) => {
    const run = randomUUID().slice(0, 8);
    const KAFKA_TOPIC = `${run}-batch`;
    const users = Array.from({ length: 10 }, (_, index) => `${run}-u${index}`);
    const textsOf = (text: string) =>
      Array.from({ length: perUser }, (_, index) => `${text} (${index + 1})`);
    let redis: RedisDatabase;
    let kafka: KafkaView | undefined;
    let nodes: TwoNodes;
    let crowd: Crowd;

    const settings = () => ({
      BROKER: broker,
      STORE: 'redis' as const,
      REDIS_URL: redis.url,
      KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
      KAFKA_TOPIC,
    });
    const startBatch = async (text: string): Promise<BatchProcess> => {
      const [address = ''] = serviceAddress('KAFKA_BROKERS').split(',');
      const batch = await BatchProcess.start({
        ...settings(),
        COUNT: String(perUser),
        TEXT: text,
        NETWORK_SPY_KAFKA_PORT: address.split(':').at(-1),
      });
      onTestFinished(() => batch.stop());
      return batch;
    };
    /** Everybody who listens to one of these users has been shown so many. */
    const shown = (some: readonly string[], count: number, batch: BatchProcess) =>
      eventually(
        `the clients of ${some.length} users have ${count} notifications each`,
        () =>
          some.every((user) =>
            crowd.followers
              .filter(({ channels }) => channels.includes(`user:${user}`))
              .every(({ reader }) => reader.log.count(`user:${user}`) >= count),
          ),
        () => batch.output,
      );

    beforeAll(async () => {
      redis = await redisDatabase();
      if (broker === 'kafka') {
        kafka = await KafkaView.open();
        await kafka.createTopic(KAFKA_TOPIC, 4);
      }
      nodes = await startTwoNodes(settings());
      crowd = await Crowd.connect(
        users.map((user) => ({ user, groups: [] })),
        nodes.both,
      );
    });

    afterAll(async () => {
      crowd?.leave();
      await nodes?.stop();
      await kafka?.close();
      await redis?.release();
    });

    it('everything arrives once and in order; the job listens to nothing and on no port', async () => {
      const batch = await startBatch('done');
      batch.notify(users.slice(0, 5));
      await shown(users.slice(0, 5), perUser, batch);
      const links = await redisLinks(redis.url);
      expect(links.filter(({ subscriptions }) => subscriptions > 0)).toHaveLength(
        broker === 'redis' ? 2 : 0,
      );
      batch.notify(users.slice(5));
      const { network, ...outcome } = await batch.finish();
      const count = users.length * perUser;
      expect(outcome).toMatchObject({ exitCode: 0, enqueued: count, undelivered: 0 });

      await shown(users, perUser, batch);
      const accepted = users.flatMap((user) =>
        textsOf('done').map((text) => ({
          channel: `user:${user}`,
          type: 'message',
          data: { text },
        })),
      );
      await expectDelivery(accepted, crowd.followers, nodes.both);
      for (const { reader } of crowd.followers) {
        const own = reader.log.channels.filter((channel) => channel !== 'all');
        const data = own.flatMap((channel) => reader.log.on(channel).map((each) => each.data));
        expect(data, reader.name).toEqual(textsOf('done').map((text) => ({ text })));
      }

      expect(network).not.toContain('listen');
      expect(network.includes(produce)).toBe(broker === 'kafka');
      expect(network).not.toContain(fetchRecords);
      expect(network).not.toContain(joinGroup);
    });

    it('a user that cannot be addressed ends the job with code 1, after all others have theirs', async () => {
      const batch = await startBatch('again');
      batch.notify([...users.slice(0, 1), 'x'.repeat(201), ...users.slice(1, 2)]);
      const outcome = await batch.finish();
      expect(outcome).toMatchObject({ exitCode: 1, enqueued: 2 * perUser, undelivered: 1 });
      expect(outcome.stderr).toContain('CHANNEL_INVALID');
      await shown(users.slice(0, 2), 2 * perUser, batch);
    });
  },
);

/** The connections to one database of Redis, and how much each has subscribed to. */
async function redisLinks(url: string): Promise<readonly { readonly subscriptions: number }[]> {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const database = new URL(url).pathname.slice(1);
  const lines = String(await redis.call('CLIENT', 'LIST')).split('\n');
  return lines
    .filter((line) => line.includes(` db=${database} `))
    .map((line) => ({ subscriptions: Number(/ sub=(\d+) /.exec(line)?.[1]) }));
}
