import { kafkaBroker } from '@realtime-notify/broker-kafka';
import { redisBroker, redisDirectory } from '@realtime-notify/broker-redis';
import { createNotifier, defineCatalogue, type Logger } from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import { z } from 'zod';
import type { Config } from './config.js';

/** A node that only publishes: it receives nothing, holds no streams and serves no port. */
export function makeNotifier(config: Config, logger: Logger) {
  return createNotifier({
    catalogue: defineCatalogue({ message: z.object({ text: z.string() }) }),
    publishOnly: true,
    broker: makeBroker(config, logger),
    ...(config.directed ? { directory: redisDirectory({ url: config.redisUrl, logger }) } : {}),
    store: redisStore({ url: config.redisUrl, logger }),
    logger,
  });
}

export type BatchNotifier = ReturnType<typeof makeNotifier>;

function makeBroker(config: Config, logger: Logger) {
  if (config.broker === 'redis') {
    const routing = config.directed ? 'directed' : 'interest';
    return redisBroker({ url: config.redisUrl, routing, logger });
  }
  const kafka = { brokers: config.kafkaBrokers };
  const routing = config.directed ? 'directed' : 'fanout';
  return kafkaBroker({ kafka, topic: config.kafkaTopic, routing, createTopic: {}, logger });
}
