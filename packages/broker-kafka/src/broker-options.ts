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
  /** `gzip` saves network for CPU. Nodes may differ. Default `none`. */
  readonly compression?: 'none' | 'gzip';
  /** `publish` rejects when Kafka has not acknowledged by then, in milliseconds. Default 10,000. */
  readonly publishTimeoutMs?: number;
  /** `publish` rejects while this many bytes await acknowledgement. Default 16,777,216 (16 MiB). */
  readonly maxPendingBytes?: number;
  /**
   * How long Kafka holds back an answer while there is nothing to read, in milliseconds. What is
   * produced meanwhile arrives at once all the same. Default 500.
   */
  readonly fetchWaitMs?: number;
  /** How often new partitions are looked for, in milliseconds. Default 30,000. */
  readonly layoutMaxAgeMs?: number;
  /** One line per change of the link's state and per record that is not ours. Default: silent. */
  readonly logger?: Logger;
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

export const brokerOptionsSchema = z.strictObject({
  kafka: kafkaConfigSchema,
  topic: topicSchema,
  createTopic: createTopicSchema.optional(),
  compression: z.enum(['none', 'gzip']).default('none'),
  publishTimeoutMs: duration.default(10_000),
  maxPendingBytes: count.default(16_777_216),
  fetchWaitMs: duration.default(500),
  layoutMaxAgeMs: duration.default(30_000),
  logger: loggerSchema,
});

/** Options with their defaults filled in. */
export type ResolvedBrokerOptions = z.output<typeof brokerOptionsSchema>;
