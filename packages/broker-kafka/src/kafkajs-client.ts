import type { Logger } from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { decodeBatches, type OnUnreadable } from './batch-decoder.js';
import { ClusterLinks } from './cluster-links.js';
import { GroupConsumer } from './group-consumer.js';
import type { Group, KafkaClient, Tail, TailOptions, TopicPlan } from './kafka-client.js';
import { kafkaFailure } from './kafka-errors.js';
import { kafkajsDriver } from './kafkajs-driver.js';
import { RecordProducer } from './record-producer.js';
import { topicLayout } from './topic-setup.js';
import { TopicTail } from './topic-tail.js';

export interface KafkajsClientOptions {
  readonly config: KafkaConfig;
  readonly logger: Logger;
  /** Default 10,000. */
  readonly produceTimeoutMs?: number;
  /** Default false. */
  readonly gzip?: boolean;
  /** How long a fetch waits for something to read; also the rhythm of an idle tail. Default 500. */
  readonly fetchWaitMs?: number;
  /** How often a tail looks for new partitions. Default 30,000. */
  readonly layoutMaxAgeMs?: number;
}

const maxRequestBytes = 512 * 1024;
const maxFetchBytes = 8 * 1024 * 1024;

/** A {@link KafkaClient} on kafkajs. Connects when first needed. */
export function kafkajsClient(options: KafkajsClientOptions): KafkaClient {
  const { logger, fetchWaitMs = 500, layoutMaxAgeMs = 30_000 } = options;
  const { produceTimeoutMs: timeoutMs = 10_000, gzip = false } = options;
  const driver = kafkajsDriver(options.config, logger);
  const links = new ClusterLinks(driver);
  const closing = new AbortController();
  const open = new Set<Tail | Group>();
  const producer = new RecordProducer(
    driver,
    links,
    { timeoutMs, maxRequestBytes, gzip },
    closing.signal,
  );
  const ensureTopic = async (topic: string, plan: TopicPlan | undefined): Promise<void> => {
    try {
      await topicLayout(driver, links, topic, plan, closing.signal);
    } catch (error) {
      throw kafkaFailure(`looking for the Kafka topic ${topic}`, error);
    }
  };
  const startTail = (tailOptions: TailOptions): Tail => {
    const { topic, create } = tailOptions;
    const onUnreadable: OnUnreadable = (partition, { baseOffset, codec }, error) => {
      const place = { topic, partition, offset: baseOffset, codec };
      const advice = 'register its codec with kafkajs, or set compression.type=producer';
      logger.error({ ...place, error }, `unreadable Kafka records were passed; ${advice}`);
    };
    const context = {
      ...{ links, fetchWaitMs, maxFetchBytes, layoutMaxAgeMs },
      protocolError: driver.protocolError,
      layout: (signal: AbortSignal) => topicLayout(driver, links, topic, create, signal),
      decode: (fetched: Parameters<typeof decodeBatches>[0]) =>
        decodeBatches(fetched, driver.decompress, onUnreadable),
    };
    return new TopicTail(context, tailOptions);
  };
  const own = <T extends Tail | Group>(part: T): T => {
    open.add(part);
    return part;
  };
  return {
    ensureTopic,
    produce: (topic, records, { patient }) => producer.produce(topic, records, patient),
    tail: (tailOptions) => own(startTail(tailOptions)),
    consumeGroup: (groupOptions) => {
      const { create } = groupOptions;
      const context = {
        newConsumer: driver.consumer,
        ensureTopics: async (topics: readonly string[]) => {
          for (const topic of topics) await ensureTopic(topic, create);
        },
      };
      return own(new GroupConsumer(context, groupOptions));
    },
    async close() {
      closing.abort();
      // Together: a tail ends with its connections, and need not wait for an answer.
      await Promise.all([...[...open].map((part) => part.close()), links.close()]);
    },
  };
}
