import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './harness/eventually.js';
import { expectDelivery, type Follower } from './harness/expect-delivery.js';
import { KafkaView } from './harness/kafka.js';
import type { NodeProcess } from './harness/node-process.js';
import { type NotifyBody, tokenFor } from './harness/publisher.js';
import { type RedisDatabase, redisDatabase } from './harness/redis-database.js';
import { serviceAddress } from './harness/service-address.js';
import { sseReader } from './harness/sse-reader.js';
import { Traffic } from './harness/traffic.js';
import { startNodes } from './harness/two-nodes.js';
import { wsReader } from './harness/ws-reader.js';

const notifications = 1_000;
const withGroup = { file: fileURLToPath(new URL('./harness/group-tail-node.ts', import.meta.url)) };

let redis: RedisDatabase;
let kafka: KafkaView;

beforeAll(async () => {
  redis = await redisDatabase();
  kafka = await KafkaView.open();
});

afterAll(async () => {
  await kafka?.close();
  await redis?.release();
});

test.each([
  ['partitions', undefined],
  ['group', withGroup],
] as const)(
  'tail %s: a node killed with -9 under 1,000 notifications and started again, whatever it had committed: its clients miss none',
  async (tail, program) => {
    const run = randomUUID().slice(0, 8);
    const KAFKA_TOPIC = `${run}-restart`;
    await kafka.createTopic(KAFKA_TOPIC, 8);
    const { nodes, stop } = await startNodes(
      ['node-a', 'node-b'],
      {
        BROKER: 'kafka',
        STORE: 'redis',
        REDIS_URL: redis.url,
        KAFKA_BROKERS: serviceAddress('KAFKA_BROKERS'),
        KAFKA_TOPIC,
      },
      program,
    );
    const [restarted, other] = nodes;
    if (restarted === undefined || other === undefined) throw new Error('two were to be started');
    try {
      const users = Array.from({ length: 9 }, (_, index) => `${run}-u${index}`);
      const followers = await connectTo(restarted, users);
      // All of it is published on the other node, so the one that is restarted has it by Kafka or from the store.
      const traffic = new Traffic({
        nodes: [other],
        publishers: 8,
        perSecond: 500,
        nth: (n) => (n < notifications ? nth(users, n) : undefined),
      });
      const accepted = (count: number) => () => traffic.accepted.length >= count;
      await eventually('some were accepted', accepted(200));
      await restarted.kill9();
      const before = traffic.accepted.length;
      await eventually('more were accepted while it was away', accepted(before + 200));
      await restarted.restart();
      const missed = traffic.accepted.length - before;
      const all = await traffic.finished();
      expect(all).toHaveLength(notifications);
      await expectDelivery(all, followers, [other]);
      for (const { reader } of followers) {
        expect(reader.log.readies.length, reader.name).toBeGreaterThan(1);
        reader.cut();
      }
      console.log(
        `restart, tail ${tail}: ${before} of ${notifications} accepted before the kill, ${missed} until the node was back, 0 lost at ${followers.length} clients`,
      );
    } finally {
      await stop();
    }
  },
);

/** The `n`th notification: every tenth to all, the others to one user. */
function nth(users: readonly string[], n: number): Omit<NotifyBody, 'idempotencyKey'> {
  const user = users[n % users.length] ?? '';
  const to = n % 10 === 0 ? ({ all: true } as const) : { user };
  return { to, type: 'message', data: { text: `number ${n}` } };
}

/** Of each user an event stream and a WebSocket, which come back to this node. */
async function connectTo(node: NodeProcess, users: readonly string[]): Promise<Follower[]> {
  const clients = users.flatMap((user) =>
    [sseReader, wsReader].map(async (kind): Promise<Follower> => {
      const token = await tokenFor(node.base, user);
      const reader = kind({ name: `${user} by ${kind.name}`, nodes: [node.base], token });
      await reader.open();
      return { reader, channels: [`user:${user}`, 'all'] };
    }),
  );
  return Promise.all(clients);
}
