import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDelivery } from './harness/expect-delivery.js';
import { httpNotification, type Population, populate } from './harness/fan-out.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { Traffic } from './harness/traffic.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';

const run = randomUUID().slice(0, 8);
const published = 6_000;

describe('BROKER=redis STORE=redis, nodes A and B, 200 users with an event stream on one node and a WebSocket on the other', () => {
  let redis: RedisDatabase;
  let nodes: TwoNodes;
  let population: Population;

  beforeAll(async () => {
    redis = await redisDatabase();
    nodes = await startTwoNodes({ BROKER: 'redis', STORE: 'redis', REDIS_URL: redis.url });
    population = await populate(run, nodes.both);
  });

  afterAll(async () => {
    population?.crowd.leave();
    await nodes?.stop();
    await redis?.release();
  });

  it('both nodes publish over HTTP: every client has everything of its channels, in offset order, once, with equal ids and offsets on both nodes', async () => {
    const traffic = new Traffic({
      nodes: nodes.both,
      publishers: 16,
      nth: (n) => (n < published ? httpNotification(run, population.users, n) : undefined),
    });
    await expectDelivery(await traffic.finished(), population.crowd.followers, nodes.both);
    for (const node of nodes.both) await node.assertHealthy();
  });

  it('strangers have nothing but what went to all', () => {
    expect(population.strangers).toHaveLength(6);
    for (const { reader } of population.strangers) {
      expect(reader.log.count('all'), reader.name).toBe(published / 100 + 2);
      expect(reader.log.received, reader.name).toBe(reader.log.count('all'));
    }
  });
});
