import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDelivery } from './harness/expect-delivery.js';
import { httpNotification, type Population, populate } from './harness/fan-out.js';
import { KafkaView } from './harness/kafka.js';
import { acceptedFrom, produce } from './harness/produce.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { Traffic } from './harness/traffic.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';

const run = randomUUID().slice(0, 8);
const records = 5_000;
const overHttp = 1_000;
const partitions = 8;

describe('BROKER=kafka STORE=redis, nodes A and B, 200 users with an event stream on one node and a WebSocket on the other, 8 partitions', () => {
  const KAFKA_TOPIC = `${run}-fan-out`;
  const SOURCE_TOPIC = `${run}-source`;
  let redis: RedisDatabase;
  let kafka: KafkaView;
  let nodes: TwoNodes;
  let population: Population;

  beforeAll(async () => {
    redis = await redisDatabase();
    kafka = await KafkaView.open();
    await kafka.createTopic(KAFKA_TOPIC, partitions);
    await kafka.createTopic(SOURCE_TOPIC, partitions);
    nodes = await startTwoNodes({
      BROKER: 'kafka',
      STORE: 'redis',
      REDIS_URL: redis.url,
      KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
      KAFKA_TOPIC,
      SOURCE_TOPIC,
    });
    population = await populate(run, nodes.both);
  });

  afterAll(async () => {
    population?.crowd.leave();
    await nodes?.stop();
    await kafka?.close();
    await redis?.release();
  });

  it('a program that knows nothing of us writes 5,000 records to the source topic while both nodes also publish over HTTP: every client has everything of its channels, in offset order, once, with equal ids and offsets on both nodes', async () => {
    const { users, crowd } = population;
    const traffic = new Traffic({
      nodes: nodes.both,
      publishers: 8,
      nth: (n) => (n < overHttp ? httpNotification(run, users, n) : undefined),
    });
    await produce({ topic: SOURCE_TOPIC, users, count: records });
    const source = await kafka.readAll(SOURCE_TOPIC);
    expect(source).toHaveLength(records);
    expect(new Set(source.map(({ partition }) => partition)).size).toBe(partitions);
    const accepted = [...(await traffic.finished()), ...source.map(acceptedFrom)];
    await expectDelivery(accepted, crowd.followers, nodes.both);
    for (const node of nodes.both) await node.assertHealthy();
  });

  it('strangers have nothing but what went to all', () => {
    expect(population.strangers).toHaveLength(6);
    for (const { reader } of population.strangers) {
      expect(reader.log.count('all'), reader.name).toBe(overHttp / 100 + 2);
      expect(reader.log.received, reader.name).toBe(reader.log.count('all'));
    }
  });

  it('the fan-out Kafka topic holds exactly one envelope per notification', async () => {
    const envelopes = (await kafka.readAll(KAFKA_TOPIC))
      // What the nodes tell one another is no notification, nor what devices are told of an inbox.
      .filter(({ key }) => key !== 'control' && !key?.startsWith('inbox:'))
      .map(({ key, headers }) => `${key} ${headers.epoch} ${headers.offset} ${headers.id}`);
    const shown = population.crowd.followers.flatMap(({ reader, channels }) =>
      channels
        .flatMap((channel) => reader.log.on(channel))
        .map(({ channel, epoch, offset, id }) => `${channel} ${epoch} ${offset} ${id}`),
    );
    expect(envelopes.sort()).toEqual([...new Set(shown)].sort());
  });
});
