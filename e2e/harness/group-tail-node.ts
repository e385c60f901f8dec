import { makeApp } from '../../examples/express/src/app.js';
import { catalogue } from '../../examples/shared/src/catalogue.js';
import { log } from '../../examples/shared/src/log.js';
import { kafkaBroker } from '../../packages/broker-kafka/src/index.js';
import { createNotifier } from '../../packages/core/src/index.js';
import { redisStore } from '../../packages/store-redis/src/index.js';

/** The example server as a node with a consumer group of its own. Ends by SIGKILL only. */
async function main(): Promise<void> {
  const { NODE_ID, REDIS_URL, KAFKA_BROKERS, KAFKA_TOPIC, JWT_SECRET = '', PORT } = process.env;
  if (REDIS_URL === undefined) throw new Error('REDIS_URL is missing');
  if (KAFKA_BROKERS === undefined || KAFKA_TOPIC === undefined)
    throw new Error('no Kafka is named');
  const notifier = createNotifier({
    catalogue,
    nodeId: NODE_ID,
    logger: log,
    broker: kafkaBroker({
      kafka: { brokers: KAFKA_BROKERS.split(',') },
      topic: KAFKA_TOPIC,
      tail: 'group',
      logger: log,
    }),
    store: redisStore({ url: REDIS_URL, logger: log }),
  });
  const app = makeApp({ notifier, jwtSecret: Buffer.from(JWT_SECRET), logger: log });
  console.log(`ready http://127.0.0.1:${await app.listen(Number(PORT))}`);
}

await main();
