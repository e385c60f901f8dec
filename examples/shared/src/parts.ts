import { kafkaBroker, kafkaSource, kafkaWriteBack } from '@realtime-notify/broker-kafka';
import { redisBroker, redisDirectory } from '@realtime-notify/broker-redis';
import {
  type Broker,
  createNotifier,
  type Directory,
  type Logger,
  memoryBroker,
  memoryStore,
  type Store,
  type WriteBackLog,
} from '@realtime-notify/core';
import { mongoStore } from '@realtime-notify/store-mongo';
import { postgresStore } from '@realtime-notify/store-postgres';
import { redisStore } from '@realtime-notify/store-redis';
import { catalogue } from './catalogue.js';
import type { Config } from './config.js';

/** The notifier of this node, on the broker and the store that the settings name. */
export function makeNotifier(config: Config, logger: Logger) {
  return createNotifier({
    catalogue,
    broker: makeBroker(config, logger),
    directory: makeDirectory(config, logger),
    store: makeStore(config, logger),
    inbox: {},
    logger,
    nodeId: config.nodeId,
    whenStoreDown: config.whenStoreDown,
    writeBack: makeWriteBack(config, logger),
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
  notifier.onDrain(() => source.drain());
  return source;
}

function makeBroker(config: Config, logger: Logger): Broker {
  switch (config.broker) {
    case 'memory':
      return memoryBroker();
    case 'redis': {
      const routing = config.routing === 'directed' ? 'directed' : 'interest';
      return redisBroker({ ...config.redis, routing, logger });
    }
    case 'kafka': {
      const kafka = { brokers: config.kafkaBrokers };
      const routing = config.routing === 'directed' ? 'directed' : 'fanout';
      return kafkaBroker({ kafka, topic: config.kafkaTopic, routing, createTopic: {}, logger });
    }
  }
}

/** Who is on which node, for a broker that sends to the nodes it is told. */
function makeDirectory(config: Config, logger: Logger): Directory | undefined {
  if (config.routing !== 'directed') return undefined;
  return redisDirectory({ ...config.redis, logger });
}

/** Where what the store does not take waits, for `WHEN_STORE_DOWN=log`. */
function makeWriteBack(config: Config, logger: Logger): WriteBackLog | undefined {
  if (config.writeBackTopic === undefined) return undefined;
  const kafka = { brokers: config.kafkaBrokers };
  return kafkaWriteBack({ kafka, topic: config.writeBackTopic, createTopic: {}, logger });
}

function makeStore(config: Config, logger: Logger): Store {
  switch (config.store) {
    case 'memory':
      return memoryStore();
    case 'redis':
      return redisStore({ ...config.redis, logger });
    case 'mongo':
      return mongoStore({ url: config.mongoUrl, logger });
    case 'postgres':
      return postgresStore({ url: config.postgresUrl, logger });
  }
}
