import { makeApp } from '../../examples/express/src/app.js';
import { catalogue } from '../../examples/shared/src/catalogue.js';
import { log } from '../../examples/shared/src/log.js';
import { redisBroker, redisDirectory } from '../../packages/broker-redis/src/index.js';
import { createNotifier } from '../../packages/core/src/index.js';
import { redisStore } from '../../packages/store-redis/src/index.js';

/**
 * The example server with ROUTING=directed, with leases short enough to be waited for, and with no position
 * check that could find what nobody sent. Ends by SIGKILL only.
 */
async function main(): Promise<void> {
  const { NODE_ID, REDIS_URL: url, JWT_SECRET = '', PORT } = process.env;
  if (url === undefined) throw new Error('REDIS_URL is missing');
  const notifier = createNotifier({
    catalogue,
    nodeId: NODE_ID,
    logger: log,
    broker: redisBroker({ url, routing: 'directed', logger: log }),
    directory: redisDirectory({ url, leaseMs: Number(process.env.LEASE_MS), logger: log }),
    store: redisStore({ url, logger: log }),
    positionCheckMs: 3_600_000,
    feedGraceMs: 500,
  });
  const app = makeApp({ notifier, jwtSecret: Buffer.from(JWT_SECRET), logger: log });
  console.log(`ready http://127.0.0.1:${await app.listen(Number(PORT))}`);
}

await main();
