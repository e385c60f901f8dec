import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Crowd } from './harness/crowd.js';
import { expectDelivery } from './harness/expect-delivery.js';
import { postgresDatabase } from './harness/postgres-database.js';
import { postgresTransactions } from './harness/postgres-transactions.js';
import { redisDatabase } from './harness/redis-database.js';
import { runTransactions } from './harness/transactions.js';
import { startTwoNodes } from './harness/two-nodes.js';

const rounds = 20;
const perRound = 50;

test('STORE=postgres: 1,000 transactions while 20 times a relay is killed with -9: what committed is shown once, what rolled back to nobody', async () => {
  const run = randomUUID().slice(0, 8);
  const redis = await redisDatabase();
  onTestFinished(() => redis.release());
  const postgres = await postgresDatabase();
  onTestFinished(() => postgres.release());
  const { both, stop } = await startTwoNodes({
    BROKER: 'redis',
    STORE: 'postgres',
    REDIS_URL: redis.url,
    POSTGRES_URL: postgres.url,
  });
  onTestFinished(stop);
  const users = Array.from({ length: 10 }, (_, i) => `${run}-u${i}`);
  const group = `${run}-g`;
  const crowd = await Crowd.connect(
    users.map((user) => ({ user, groups: [group] })),
    both,
  );
  onTestFinished(() => crowd.leave());
  const driver = postgresTransactions(postgres.url);
  onTestFinished(() => driver.close());
  const committed = await runTransactions({ driver, relays: both, rounds, perRound, users, group });
  // A tenth has rolled back; each of the others has notified one to three times.
  expect(new Set(committed.map(({ data }) => JSON.stringify(data))).size).toBe(1_799);
  await expectDelivery(committed, crowd.followers, both);
  for (const node of both) await node.assertHealthy();
}, 480_000);
