import { type Logger, silentLogger } from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { z } from 'zod';

/** How a missing Kafka topic is created. */
export interface CreateTopic {
  /** Channels are spread over them by name. More can be added later. Default 8. */
  readonly partitions?: number;
  /** Copies of each partition. Default 1; 3 for a cluster that must outlive a node. */
  readonly replication?: number;
  /** How long records are kept, in milliseconds. Default 3,600,000 (1 h): the store is the truth. */
  readonly retentionMs?: number;
}

/** Options of {@link kafkaBroker}. */
export interface KafkaBrokerOptions {
  /**
   * How to reach Kafka 2.3 or later, in the words of kafkajs: `brokers`, `ssl`, `sasl`, `clientId`
   * and so on. `logLevel`, `logCreator` and `retry` do not apply. Where not given, `connectionTimeout` is
   * 3,000 and `requestTimeout` 10,000 ms.
   */
  readonly kafka: KafkaConfig;
  /** The Kafka topic that joins the nodes. Nothing else may write to it. */
  readonly topic: string;
  /** Allows to create it where it is missing. Default: not allowed, `start` rejects. */
  readonly createTopic?: CreateTopic;
  /**
   * A second Kafka topic for bulk, so that a flood of it does not hold up what is personal: the two
   * have connections, fetches and limits of their own. All nodes must agree on it. Default: none,
   * `topic` carries everything.
   */
  readonly bulkTopic?: BulkTopic;
  /**
   * `fanout`: every node reads everything. `directed`: what is for the nodes that a Directory names goes to
   * them alone, on `directTopic`; all else goes as with `fanout`. All nodes must say the same.
   * Default `fanout`.
   */
  readonly routing?: 'fanout' | 'directed';
  /** Where what is for certain nodes travels, with `directed`. */
  readonly directTopic?: DirectTopic;
  /**
   * How a node reads. `partitions`: from the end of each partition, without a consumer group; nothing of
   * a node stays in Kafka and joining takes milliseconds. `group`: as the only member of a group of its
   * own, so that Kafka's tools show its lag; needs the right to groups that begin with `groupPrefix`,
   * takes as long as the cluster lets a new group wait (3 s by default), and a batch that kafkajs
   * cannot decompress stops it. `directTopic` is read without a group always. Nodes may differ.
   * Default `partitions`.
   */
  readonly tail?: 'partitions' | 'group';
  /** How groups of nodes begin: `<groupPrefix>.<topic>.<uuid>`. Default `realtime-notify`. */
  readonly groupPrefix?: string;
  /**
   * How often a node with a group looks for groups of nodes that died, in milliseconds, give or take a
   * quarter. It deletes those that had no member at two looks in a row. False: never; Kafka forgets
   * them after 7 days by itself. Default 600,000 (10 min): long beside a restart, short beside 7 days.
   */
  readonly janitorIntervalMs?: number | false;
  /**
   * Who must have a record before `publish` resolves. -1: all in-sync replicas. 1: the leader alone, which
   * saves the round trip between replicas and loses what was not copied when that leader dies; stored
   * notifications are found by the position check then, ephemeral ones are gone. 0 is not offered:
   * `publish` could not tell whether Kafka has it. Default -1: what is said to be published is.
   */
  readonly acks?: -1 | 1;
  /**
   * Largest request to one leader before compression, in bytes; a single larger record goes alone. Kafka
   * refuses batches over its `message.max.bytes` (1 MiB by default). There is no linger: while a
   * request is under way the notifier gathers the next batch, so idle nodes publish at once and busy
   * ones in batches. Default 524,288 (512 KiB): half of what Kafka takes.
   */
  readonly maxBatchBytes?: number;
  /**
   * `gzip` saves network and disk for about 20 µs of CPU a record. Nodes may differ. Default `none`:
   * notifications are small, and mostly travel one or a few together.
   */
  readonly compression?: 'none' | 'gzip';
  /**
   * `publish` rejects when Kafka has not acknowledged by then, in milliseconds. Default 10,000: longer
   * than Kafka takes by default to choose a new leader (9 s).
   */
  readonly publishTimeoutMs?: number;
  /**
   * `publish` rejects while this many bytes of one Kafka topic await acknowledgement. Default 16,777,216
   * (16 MiB): seconds of traffic, and bounded where Kafka stalls.
   */
  readonly maxPendingBytes?: number;
  /**
   * How long Kafka holds back an answer while there is less than `minFetchBytes` to read, in milliseconds:
   * the rhythm of an idle node. Default 500: two requests a second and leader; what is produced
   * meanwhile arrives at once all the same. At most 60,000.
   */
  readonly fetchWaitMs?: number;
  /**
   * How much Kafka gathers before it answers. Larger than 1 saves requests under load and delays what
   * comes alone by up to `fetchWaitMs`. Default 1: wake-ups are not held back.
   */
  readonly minFetchBytes?: number;
  /**
   * The most that one answer brings, in bytes; a larger batch comes alone. Bounds memory and how long
   * decoding holds up the event loop. Default 8,388,608 (8 MiB).
   */
  readonly maxFetchBytes?: number;
  /**
   * How often new partitions are looked for, in milliseconds. Default 30,000: they are read from their
   * first record, so late, not lost.
   */
  readonly layoutMaxAgeMs?: number;
  /** One line per change of the link's state and per record that is not ours. Default: silent. */
  readonly logger?: Logger;
}

/** Which channels travel on another Kafka topic. */
export interface BulkTopic {
  readonly topic: string;
  /**
   * The channels concerned, by how their names begin or by a function, which must give all nodes the
   * same answer and must not throw. Default `['group:', 'all']`, so that `user:` channels stay apart.
   */
  readonly channels?: readonly string[] | ((channel: string) => boolean);
  /** As for `topic`. Default: what is said there. */
  readonly createTopic?: CreateTopic;
}

/** The Kafka topic of what is for certain nodes. */
export interface DirectTopic {
  /** All nodes must agree on it. Default: that of {@link KafkaBrokerOptions.topic} and `.direct`. */
  readonly topic?: string;
  /**
   * How many partitions it is created with, where `createTopic` allows that; all else is as said there.
   * A node reads one of them, and with it what is for the other nodes of that one. Default 32: of 20
   * nodes each reads what is for 1.6 nodes on average, with 8 it would be 3.4.
   */
  readonly partitions?: number;
}

const duration = z.int().min(1);
const count = z.int().min(1);

/** Kafka's own rule for names. */
export const topicSchema = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be 1 to 249 of A-Z a-z 0-9 . _ -');

export const createTopicSchema = z.strictObject({
  partitions: count.default(8),
  replication: count.default(1),
  retentionMs: duration.default(3_600_000),
});

export const kafkaConfigSchema = z.custom<KafkaConfig>(
  (value) => typeof value === 'object' && value !== null && 'brokers' in value,
  'must be a KafkaConfig with brokers',
);

export const loggerSchema = z
  .custom<Logger>((value) => typeof value === 'object' && value !== null)
  .default(silentLogger);

const directTopicSchema = z.strictObject({
  topic: topicSchema.optional(),
  partitions: count.default(32),
});

const bulkTopicSchema = z.strictObject({
  topic: topicSchema,
  channels: z
    .union([
      z.array(z.string().min(1)).min(1),
      z.custom<(channel: string) => boolean>((value) => typeof value === 'function'),
    ])
    .default(['group:', 'all']),
  createTopic: createTopicSchema.optional(),
});

export const brokerOptionsSchema = z
  .strictObject({
    kafka: kafkaConfigSchema,
    topic: topicSchema,
    createTopic: createTopicSchema.optional(),
    bulkTopic: bulkTopicSchema.optional(),
    routing: z.enum(['fanout', 'directed']).default('fanout'),
    directTopic: directTopicSchema.prefault({}),
    tail: z.enum(['partitions', 'group']).default('partitions'),
    groupPrefix: topicSchema.default('realtime-notify'),
    janitorIntervalMs: z.union([duration, z.literal(false)]).default(600_000),
    acks: z.union([z.literal(-1), z.literal(1)]).default(-1),
    maxBatchBytes: count.default(524_288),
    compression: z.enum(['none', 'gzip']).default('none'),
    publishTimeoutMs: duration.default(10_000),
    maxPendingBytes: count.default(16_777_216),
    fetchWaitMs: duration.max(60_000).default(500),
    minFetchBytes: count.default(1),
    maxFetchBytes: z.int().min(1_024).default(8_388_608),
    layoutMaxAgeMs: duration.default(30_000),
    logger: loggerSchema,
  })
  .refine(({ minFetchBytes, maxFetchBytes }) => minFetchBytes <= maxFetchBytes, {
    path: ['minFetchBytes'],
    error: 'must not exceed maxFetchBytes',
  })
  .refine(({ topic, bulkTopic }) => bulkTopic?.topic !== topic, {
    path: ['bulkTopic', 'topic'],
    error: 'must be another Kafka topic',
  })
  .transform(({ directTopic, ...rest }) => {
    const { topic = `${rest.topic}.direct`, partitions } = directTopic;
    return { ...rest, directTopic: { topic, partitions } };
  })
  .refine(
    ({ routing, directTopic }) =>
      routing === 'fanout' || topicSchema.safeParse(directTopic.topic).success,
    {
      path: ['directTopic', 'topic'],
      error: 'must be given where topic is longer than 242 characters',
    },
  )
  .refine(
    ({ routing, topic, bulkTopic, directTopic }) =>
      routing === 'fanout' || ![topic, bulkTopic?.topic].includes(directTopic.topic),
    { path: ['directTopic', 'topic'], error: 'must be another Kafka topic' },
  );

/** Options with their defaults filled in. */
export type ResolvedBrokerOptions = z.output<typeof brokerOptionsSchema>;
