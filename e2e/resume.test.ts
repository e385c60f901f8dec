import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventSourceReader } from './harness/event-source-reader.js';
import { eventually } from './harness/eventually.js';
import { expectDelivery, type Follower } from './harness/expect-delivery.js';
import { KafkaView } from './harness/kafka.js';
import type { NodeProcess } from './harness/node-process.js';
import { type PostgresDatabase, postgresDatabase } from './harness/postgres-database.js';
import { type NotifyBody, tokenFor } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { sseReader } from './harness/sse-reader.js';
import type { StreamReader, StreamReaderOptions } from './harness/stream-reader.js';
import { openSwitchboard } from './harness/switchboard.js';
import { Traffic } from './harness/traffic.js';
import { startTwoNodes, type TwoNodes } from './harness/two-nodes.js';
import { wsReader } from './harness/ws-reader.js';

const run = randomUUID().slice(0, 8);
const groups = [`${run}-g1`, `${run}-g2`];
const users = Array.from({ length: 6 }, (_, index) => `${run}-u${index}`);

/** More than a node's ring and more than one page of the store, so that history is really read. */
const missedPerCut = 900;

function nth(n: number): Omit<NotifyBody, 'idempotencyKey'> {
  const text = `number ${n}`;
  const user = users[n % users.length] ?? '';
  const kind = n % 8;
  if (kind === 0)
    return { to: { all: true }, type: 'system.notice', data: { text, level: 'info' } };
  if (kind < 3) return { to: { group: groups[kind - 1] ?? '' }, type: 'message', data: { text } };
  return { to: { user }, type: 'message', data: { text } };
}

const channelsOf = (user: string): string[] => [
  `user:${user}`,
  ...groups.map((group) => `group:${group}`),
  'all',
];

describe.each([
  ['redis', 'redis'],
  ['kafka', 'redis'],
  ['redis', 'postgres'],
] as const)('a client killed in the middle, BROKER=%s, STORE=%s', (BROKER, STORE) => {
  let redis: RedisDatabase;
  let postgres: PostgresDatabase;
  let kafka: KafkaView;
  let nodes: TwoNodes;

  beforeAll(async () => {
    redis = await redisDatabase();
    postgres = await postgresDatabase();
    kafka = await KafkaView.open();
    const KAFKA_TOPIC = `${run}-resume-${BROKER}-${STORE}`;
    await kafka.createTopic(KAFKA_TOPIC, 8);
    nodes = await startTwoNodes({
      BROKER,
      STORE,
      REDIS_URL: redis.url,
      POSTGRES_URL: postgres.url,
      KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
      KAFKA_TOPIC,
    });
  });

  afterAll(async () => {
    await nodes?.stop();
    await kafka?.close();
    await redis?.release();
    await postgres?.release();
  });

  const connect = async (
    kind: (options: StreamReaderOptions) => StreamReader,
    user: string,
    at: NodeProcess,
    cursor?: string,
  ): Promise<Follower> => {
    const token = await tokenFor(at.base, user, groups);
    const name = `${user} by ${kind.name} at first at ${at.name}`;
    const reader = kind({ name, nodes: [at.base], token, groups, cursor });
    await reader.open();
    return { reader, channels: channelsOf(user) };
  };

  it('resumes from its cursor on the other node, over SSE with its user, two groups and all followed, and over WebSocket: nothing missing, nothing twice, recovered: true', async () => {
    const { a, b } = nodes;
    const followers = await Promise.all(
      users.flatMap((user, index) => {
        const [here, there] = index % 2 === 0 ? [a, b] : [b, a];
        return [connect(sseReader, user, here), connect(wsReader, user, there)];
      }),
    );
    const traffic = new Traffic({ nodes: nodes.both, publishers: 8, nth });
    const readers = followers.map(({ reader }) => reader);
    for (const round of [1, 2]) {
      const cut = readers.map((reader) => {
        return new Promise<void>((resolve) => {
          reader.onceNotified(() => {
            reader.cut();
            resolve();
          });
        });
      });
      await Promise.all(cut);
      const missedFrom = traffic.accepted.length;
      await eventually(
        'more was published while the clients were away',
        () => traffic.accepted.length >= missedFrom + missedPerCut,
      );
      await Promise.all(
        readers.map((reader, index) => {
          const startedAtA = Math.floor(index / 2) % 2 === index % 2;
          return reader.resume((startedAtA ? round === 1 : round === 2) ? b.base : a.base);
        }),
      );
    }
    await expectDelivery(await traffic.stop(), followers, nodes.both);
    for (const { log, name } of readers) {
      expect(log.readies, name).toHaveLength(3);
      expect(
        log.readies.every(({ recovered }) => recovered),
        name,
      ).toBe(true);
    }
    for (const follower of followers) follower.reader.cut();
    for (const node of nodes.both) await node.assertHealthy();
  });

  it('comes back by itself where it is a plain EventSource: nothing missing, nothing twice, recovered: true', async () => {
    const { a, b } = nodes;
    const balancer = await openSwitchboard(a.base);
    const clients = users.map(async (user) => {
      const token = await tokenFor(a.base, user, groups);
      const name = `${user} by EventSource`;
      const reader = eventSourceReader({ name, nodes: [balancer.base], token, groups });
      await reader.open();
      return { reader, channels: channelsOf(user) };
    });
    const followers = await Promise.all(clients);
    const traffic = new Traffic({ nodes: nodes.both, publishers: 4, nth, pauseMs: 5 });
    for (const node of [b, a, b]) {
      const from = traffic.accepted.length;
      await eventually('some are published', () => traffic.accepted.length >= from + 100);
      balancer.switchTo(node.base);
      await eventually('the clients notice', () => followers.every(({ reader }) => !reader.live));
      await eventually('the clients are back', () => followers.every(({ reader }) => reader.live));
    }
    await expectDelivery(await traffic.stop(), followers, nodes.both);
    for (const { reader } of followers) {
      expect(reader.log.readies, reader.name).toHaveLength(4);
      reader.cut();
    }
    balancer.close();
  });

  it('resumes with one cursor text on the other transport as well', async () => {
    const { a, b } = nodes;
    const [user = ''] = users;
    const kinds = [sseReader, wsReader];
    const first = await Promise.all(kinds.map((kind) => connect(kind, user, a)));
    const before = await new Traffic({
      nodes: [a],
      publishers: 2,
      nth: (n) => (n < 200 ? nth(n) : undefined),
    }).finished();
    await expectDelivery(before, first, []);
    for (const { reader } of first) reader.cut();
    const missed = await new Traffic({
      nodes: [a],
      publishers: 2,
      nth: (n) => (n < 400 ? nth(n) : undefined),
    }).finished();
    const second = await Promise.all(
      first.map(({ reader }, index) =>
        connect(kinds[1 - index] ?? sseReader, user, b, reader.cursor),
      ),
    );
    await expectDelivery(missed, second, nodes.both);
    for (const { reader } of second) reader.cut();
  });
});
