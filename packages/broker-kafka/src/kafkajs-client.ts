import type { Logger } from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { decodeBatches, type OnUnreadable } from './batch-decoder.js';
import { ClusterLinks } from './cluster-links.js';
import { withDeadline } from './deadline.js';
import type { FetchedPartition } from './fetch-answer.js';
import { GroupConsumer } from './group/group-consumer.js';
import { GroupCoordinator } from './group/group-coordinator.js';
import { readEntries } from './group/read-entries.js';
import { untilCommitted } from './group/until-committed.js';
import { GroupJanitor } from './group-janitor.js';
import { GroupTail } from './group-tail.js';
import type { Acks, KafkaClient, TopicPlan } from './kafka-client.js';
import { kafkaFailure } from './kafka-errors.js';
import { type KafkaDriver, kafkajsDriver } from './kafkajs-driver.js';
import { RecordProducer } from './record-producer.js';
import { topicLayout } from './topic-setup.js';
import { TopicTail } from './topic-tail.js';
import { TopicWatch } from './topic-watch.js';

export interface KafkajsClientOptions {
  readonly config: KafkaConfig;
  readonly logger: Logger;
  /** Default 10,000. */
  readonly produceTimeoutMs?: number;
  /** Default false. */
  readonly gzip?: boolean;
  /** Default -1. */
  readonly acks?: Acks;
  /** Largest request to produce, not counting a single record that is larger. Default 524,288. */
  readonly maxBatchBytes?: number;
  /** How long a fetch waits for something to read; also the rhythm of an idle tail. Default 500. */
  readonly fetchWaitMs?: number;
  /** How much a fetch waits for. Default 1. */
  readonly minFetchBytes?: number;
  /** The most that a fetch asks for. Default 8,388,608. */
  readonly maxFetchBytes?: number;
  /** How often new partitions are looked for. Default 30,000. */
  readonly layoutMaxAgeMs?: number;
}

const deleteGroupMs = 3_000;

/** A {@link KafkaClient} on kafkajs. Connects when first needed. */
export function kafkajsClient(options: KafkajsClientOptions): KafkaClient {
  const { logger, fetchWaitMs = 500, layoutMaxAgeMs = 30_000 } = options;
  const { minFetchBytes = 1, maxFetchBytes = 8_388_608, maxBatchBytes = 524_288 } = options;
  const { produceTimeoutMs: timeoutMs = 10_000, gzip = false, acks = -1 } = options;
  const driver = kafkajsDriver(options.config, logger);
  const links = new ClusterLinks(driver);
  const closing = new AbortController();
  const open = new Set<{ close(): Promise<void> }>();
  const watches = new Set<TopicWatch>();
  const groups = new Set<GroupConsumer>();
  const producer = new RecordProducer(
    driver,
    links,
    { timeoutMs, maxRequestBytes: maxBatchBytes, gzip, acks, layoutMaxAgeMs },
    closing.signal,
  );
  const ensureTopic = async (topic: string, plan: TopicPlan | undefined): Promise<void> => {
    try {
      await topicLayout(driver, links, topic, plan, closing.signal);
    } catch (error) {
      throw kafkaFailure(`looking for the Kafka topic ${topic}`, error);
    }
  };
  /** What all that keeps to one Kafka topic works with. */
  const topicContext = (topic: string, create: TopicPlan | undefined) => ({
    ...{ links, layoutMaxAgeMs, protocolError: driver.protocolError },
    layout: (signal: AbortSignal) => topicLayout(driver, links, topic, create, signal),
  });
  const own = <T extends { close(): Promise<void> }>(part: T): T => {
    open.add(part);
    return part;
  };
  return {
    ensureTopic,
    async produce(topic, records, produceOptions) {
      try {
        await producer.produce(topic, records, produceOptions);
      } catch (error) {
        for (const watch of watches) watch.suspect();
        throw error;
      }
    },
    tail(tailOptions) {
      const { topic, create } = tailOptions;
      const onUnreadable: OnUnreadable = (partition, { baseOffset, codec }, error) => {
        const place = { topic, partition, offset: baseOffset, codec };
        const advice = 'register its codec with kafkajs, or set compression.type=producer';
        logger.error({ ...place, error }, `unreadable Kafka records were passed; ${advice}`);
      };
      const decode = (fetched: FetchedPartition) =>
        decodeBatches(fetched, driver.decompress, onUnreadable);
      const limits = { fetchWaitMs, minFetchBytes, maxFetchBytes };
      const { partitionOf } = driver;
      const context = { ...topicContext(topic, create), ...limits, decode, partitionOf };
      return own(new TopicTail(context, tailOptions));
    },
    groupTail(tailOptions) {
      const { topic, create } = tailOptions;
      const limits = { maxWaitMs: fetchWaitMs, minBytes: minFetchBytes, maxBytes: maxFetchBytes };
      const context = {
        ...topicContext(topic, create),
        newConsumer: (groupId: string, onCut: () => void) =>
          driver.nodeConsumer(groupId, { ...limits, layoutMaxAgeMs }, onCut),
        deleteGroup: (groupId: string) => deleteGroup(driver, groupId),
      };
      return own(new GroupTail(context, tailOptions));
    },
    watch(watchOptions) {
      const { topic, create } = watchOptions;
      const watch = own(new TopicWatch(topicContext(topic, create), watchOptions));
      watches.add(watch);
      return watch;
    },
    janitor: (janitorOptions) => own(new GroupJanitor(driver.groupAdmin, janitorOptions)),
    consumeGroup(groupOptions) {
      const { create, groupId, sessionTimeoutMs } = groupOptions;
      const settings = { groupId, sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs };
      const context = {
        ...{ links, logger, fetchWaitMs, maxFetchBytes, layoutMaxAgeMs },
        protocolError: driver.protocolError,
        connect: () => driver.groupLink(settings),
        layout: (topic: string) => topicLayout(driver, links, topic, create, closing.signal),
        decode: (fetched: FetchedPartition, offset: number) => {
          // What waits must not keep the rest of the answer in memory.
          const batches = Buffer.from(fetched.batches);
          return readEntries({ ...fetched, batches }, offset, driver.decompress);
        },
      };
      const group = new GroupConsumer(context, groupOptions);
      groups.add(group);
      return group;
    },
    async untilCommitted(topic, groupId, signal) {
      const sessionTimeoutMs = 10_000;
      const settings = { groupId, sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs };
      const coordinator = new GroupCoordinator(() => driver.groupLink(settings));
      const context = { ...topicContext(topic, undefined), coordinator };
      const ending = AbortSignal.any([signal, closing.signal]);
      const layout = () => context.layout(ending);
      try {
        await untilCommitted({ ...context, layout }, topic, ending);
      } catch (error) {
        throw kafkaFailure(`looking how far ${groupId} is`, error);
      } finally {
        await coordinator.close();
      }
    },
    async close() {
      closing.abort();
      // A group says farewell over its connections.
      await Promise.all([...groups].map((group) => group.close()));
      // Together: a tail ends with its connections, and need not wait for an answer.
      await Promise.all([...[...open].map((part) => part.close()), links.close()]);
    },
  };
}

async function deleteGroup(driver: KafkaDriver, groupId: string): Promise<void> {
  const { admin, end } = driver.groupAdmin();
  const deleting = async (): Promise<void> => {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  };
  try {
    await withDeadline('deleting the group', deleteGroupMs, deleting());
  } finally {
    await end();
  }
}
