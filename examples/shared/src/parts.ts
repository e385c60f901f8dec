import { kafkaBroker, kafkaSource } from '@realtime-notify/broker-kafka';
import { redisBroker } from '@realtime-notify/broker-redis';
import {
  type Broker,
  createNotifier,
  type Logger,
  memoryBroker,
  memoryStore,
  type Store,
} from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import { catalogue } from './catalogue.js';
import type { Config } from './config.js';

/** The notifier of this node, on the broker and the store that the settings name. */
export function makeNotifier(config: Config, logger: Logger) {
  return createNotifier({
    catalogue,
    broker: makeBroker(config, logger),
    store: makeStore(config, logger),
    logger,
    nodeId: config.nodeId,
    whenStoreDown: config.whenStoreDown,
    drainGraceMs: config.drainGraceMs,
    drainWindowMs: config.drainWindowMs,
  });
}

/** The notifier with the types of our catalogue. */
export type ExampleNotifier = ReturnType<typeof makeNotifier>;

/** What brings records of other programs in as notifications, where the settings name a Kafka topic. */
export function makeSource(config: Config, notifier: ExampleNotifier, logger: Logger) {
  if (config.source === undefined) return undefined;
  const kafka = { brokers: config.kafkaBrokers };
  const source = kafkaSource({ kafka, ...config.source, notifier, createTopic: {}, logger });
  notifier.onDrain(() => source.close());
  return source;
}

function makeBroker(config: Config, logger: Logger): Broker {
  switch (config.broker) {
    case 'memory':
      return memoryBroker();
    case 'redis':
      return redisBroker({ url: config.redisUrl, logger });
    case 'kafka': {
      const kafka = { brokers: config.kafkaBrokers };
      return kafkaBroker({ kafka, topic: config.kafkaTopic, createTopic: {}, logger });
    }
  }
}

function makeStore(config: Config, logger: Logger): Store {
  return config.store === 'memory' ? memoryStore() : redisStore({ url: config.redisUrl, logger });
}
