import { makeApp } from '../../examples/express/src/app.js';
import { catalogue } from '../../examples/shared/src/catalogue.js';
import { log } from '../../examples/shared/src/log.js';
import { redisBroker } from '../../packages/broker-redis/src/index.js';
import { createNotifier } from '../../packages/core/src/index.js';
import { redisStore } from '../../packages/store-redis/src/index.js';

/**
 * The example server on a broker apart from its store, with the times of the nodes' beacons short enough to
 * be waited for. Ends by SIGKILL only.
 */
async function main(): Promise<void> {
  const { NODE_ID, REDIS_URL, BROKER_URL = REDIS_URL, JWT_SECRET = '', PORT } = process.env;
  if (REDIS_URL === undefined || BROKER_URL === undefined) throw new Error('REDIS_URL is missing');
  const notifier = createNotifier({
    catalogue,
    nodeId: NODE_ID,
    logger: log,
    broker: redisBroker({ url: BROKER_URL, logger: log }),
    store: redisStore({ url: REDIS_URL, logger: log }),
    beaconMs: Number(process.env.BEACON_MS),
    revokeWaitMs: Number(process.env.REVOKE_WAIT_MS),
    positionCheckMs: Number(process.env.POSITION_CHECK_MS),
  });
  const app = makeApp({ notifier, jwtSecret: Buffer.from(JWT_SECRET), logger: log });
  console.log(`ready http://127.0.0.1:${await app.listen(Number(PORT))}`);
}

await main();
