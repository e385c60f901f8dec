import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Crowd } from './harness/crowd.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { KafkaView } from './harness/kafka.js';
import {
  type PrivateServer,
  privateMongo,
  privatePostgres,
  privateRedis,
} from './harness/private-servers.js';
import type { NotifyBody } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { Traffic } from './harness/traffic.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';

const outageMs = 10_000;
const privateServers = { redis: privateRedis, postgres: privatePostgres, mongo: privateMongo };

describe.each([
  ['redis', 'redis'],
  ['kafka', 'redis'],
  ['redis', 'postgres'],
  ['redis', 'mongo'],
] as const)('under traffic, BROKER=%s, STORE=%s', (BROKER, STORE) => {
  let server: PrivateServer;
  let shared: RedisDatabase;
  let kafka: KafkaView;
  let nodes: TwoNodes;
  let crowd: Crowd;
  let traffic: Traffic;

  beforeEach(async () => {
    const run = randomUUID().slice(0, 8);
    server = await privateServers[STORE]();
    shared = await redisDatabase();
    kafka = await KafkaView.open();
    const KAFKA_TOPIC = `${run}-crash-${BROKER}-${STORE}`;
    await kafka.createTopic(KAFKA_TOPIC, 8);
    nodes = await startTwoNodes({
      BROKER,
      STORE,
      REDIS_URL: STORE === 'redis' ? server.url : shared.url,
      ...(STORE === 'postgres' ? { POSTGRES_URL: server.url } : {}),
      ...(STORE === 'mongo' ? { MONGODB_URL: server.url } : {}),
      KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
      KAFKA_TOPIC,
    });
    const members = Array.from({ length: 20 }, (_, index) => ({
      user: `${run}-u${index}`,
      groups: [`${run}-g${index % 3}`],
    }));
    crowd = await Crowd.connect(members, nodes.both);
    const nth = (n: number): Omit<NotifyBody, 'idempotencyKey'> => {
      const type = 'message';
      const data = { text: `number ${n}` };
      if (n % 50 === 0) return { to: { all: true }, type, data };
      if (n % 10 === 0) return { to: { group: `${run}-g${n % 3}` }, type, data };
      return { to: { user: `${run}-u${n % members.length}` }, type, data };
    };
    traffic = new Traffic({ nodes: nodes.both, publishers: 6, nth, pauseMs: 10 });
  });

  afterEach(async () => {
    await traffic?.stop().catch(() => undefined);
    crowd?.leave();
    await nodes?.stop();
    await server?.stop();
    await shared?.release();
    await kafka?.close();
  });

  const untilMoreAccepted = async (count: number): Promise<void> => {
    const from = traffic.accepted.length;
    // FerretDB, where that stands for MongoDB, is slow where others work beside it.
    const wanted = STORE === 'mongo' ? count / 5 : count;
    await eventually(
      `${wanted} more notifications are accepted`,
      () => traffic.accepted.length >= from + wanted,
    );
  };

  it('a node killed with -9 and restarted: nothing accepted is missing, nothing twice, the other process is the same one', async () => {
    const { a, b } = nodes;
    const pidOfB = b.pid;
    await untilMoreAccepted(300);
    await a.kill9();
    await untilMoreAccepted(300);
    await a.restart();
    const cameFromA = crowd.readersAt(a);
    for (const reader of cameFromA) reader.cut();
    await untilMoreAccepted(150);
    await Promise.all(cameFromA.map((reader) => reader.resume(a.base)));
    await untilMoreAccepted(150);
    await expectDelivery(await traffic.stop(), crowd.followers, nodes.both);
    await a.assertHealthy();
    await b.assertHealthy();
    expect(b.pid).toBe(pidOfB);
  });

  it('both nodes deployed anew one after the other, each drained by SIGTERM: nothing accepted is missing, nothing twice', async () => {
    for (const node of nodes.both) {
      await untilMoreAccepted(150);
      await node.terminate();
      await untilMoreAccepted(150);
      await node.restart();
    }
    await expectDelivery(await traffic.stop(), crowd.followers, nodes.both);
    for (const { reader } of crowd.followers) {
      expect(
        reader.byes.map(({ code }) => code),
        reader.name,
      ).toContain('DRAINING');
    }
    for (const node of nodes.both) await node.assertHealthy();
  });

  it('the store, as durable as it can be, killed with -9 for 10 s and started: nothing accepted is missing, nothing twice, both processes are the same ones', async () => {
    const pids = nodes.both.map(({ pid }) => pid);
    await untilMoreAccepted(300);
    await server.kill9();
    // Not to wait for anything: this is how long the outage lasts.
    await delay(outageMs);
    await server.restart();
    await untilMoreAccepted(300);
    await expectDelivery(await traffic.stop(), crowd.followers, nodes.both);
    for (const node of nodes.both) await node.assertHealthy();
    expect(nodes.both.map(({ pid }) => pid)).toEqual(pids);
  });
});
