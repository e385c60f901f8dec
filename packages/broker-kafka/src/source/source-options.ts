import type { Logger } from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { z } from 'zod';
import {
  type CreateTopic,
  createTopicSchema,
  kafkaConfigSchema,
  loggerSchema,
  topicSchema,
} from '../broker-options.js';
import { minLetterBytes } from './dead-letter.js';
import { decodeJson } from './decode-json.js';
import type { RecordRules } from './judge-record.js';
import type { SourceTarget } from './send-many.js';
import { mapSimpleRecord, simpleValueSchema } from './simple-record.js';
import type { Mapped, SourceRecord } from './source-record.js';

/** Where records go that can never be sent. */
export interface DeadLetterOptions {
  /** One Kafka topic for all. Default: for each source topic `<topic>.dead-letters`. */
  readonly topic?: string;
  /**
   * Allows to create it where it is missing. Default: as `createTopic` of the source, kept for 30 days
   * (2,592,000,000 ms); without that not allowed, `start` rejects.
   */
  readonly createTopic?: CreateTopic;
  /**
   * The largest letter, in bytes; what would make it larger is cut. At least 8,192. Default 900,000: below
   * the 1 MiB that Kafka takes by default.
   */
  readonly maxBytes?: number;
}

/** Options of {@link kafkaSource}. */
export interface KafkaSourceOptions<Value = unknown> {
  /** How to reach Kafka, as for `kafkaBroker`. */
  readonly kafka: KafkaConfig;
  /** The Kafka topics that are read. Either this or `topic`. */
  readonly kafkaTopics?: readonly string[];
  /** The Kafka topic, where it is one. */
  readonly topic?: string;
  /** Consumer group shared by all nodes: each record is taken by one. Default, for one topic, `<topic>-source`. */
  readonly groupId?: string;
  readonly notifier: SourceTarget;
  /**
   * What a value must be. Default without `map`: `{"to", "type", "data"}`; with `map`: anything. A record
   * without a value (a tombstone) has the value undefined.
   */
  readonly value?: z.ZodType<Value>;
  /**
   * The notifications that a record asks for: one, several, none. May look things up; up to 100 records of a
   * partition are asked about at once. Read again, a record must give the same ones. Throw
   * {@link RetryLater} where a service does not answer. Default: the value itself.
   */
  map?(record: SourceRecord<Value>): Mapped | Promise<Mapped>;
  /**
   * Makes a value out of bytes, Avro for instance. Throw {@link RetryLater} where a registry does not
   * answer. Default: JSON in UTF-8, at most 100 levels deep.
   */
  decode?(bytes: Buffer, record: SourceRecord<Buffer | null>): unknown;
  /**
   * The event's own id: produced twice, within the store's idempotency window, it counts once. Undefined:
   * it has none. Default: a record counts by its place in Kafka.
   */
  eventId?(record: SourceRecord<Value>): string | undefined | Promise<string | undefined>;
  /**
   * Where the group begins that never committed. It is committed before `start` resolves, so that a restart
   * before the first record loses nothing. Partitions that are added later are read from their first
   * record, and so may be some of a Kafka topic that several nodes add to a live group at once. Default
   * `earliest`.
   */
  readonly from?: 'earliest' | 'latest';
  /** Where records go that can never be sent. False: each is logged and passed. Default: see there. */
  readonly deadLetters?: DeadLetterOptions | false;
  /** Allows to create Kafka topics that are missing. Default: not allowed, `start` rejects. */
  readonly createTopic?: CreateTopic;
  /** The largest value that is decoded, in bytes; a larger one is a dead letter. Default 1,048,576. */
  readonly maxRecordBytes?: number;
  /**
   * A partition is not read on while so many records of it wait. One answer of Kafka more may come
   * (`maxPartitionBytes`). Default 1,000.
   */
  readonly maxPendingRecords?: number;
  /** As `maxPendingRecords`, in bytes. Default 4,194,304 (4 MiB). */
  readonly maxPendingBytes?: number;
  /** The most that one answer of Kafka brings of a partition; a larger batch comes whole. Default 1,048,576. */
  readonly maxPartitionBytes?: number;
  /**
   * How long Kafka waits for a node that it does not hear of before others get its partitions, in
   * milliseconds. Brokers take 6,000 to 1,800,000 by default. Default 10,000.
   */
  readonly sessionTimeoutMs?: number;
  /** One line per change of the link's state, per partition that has to wait, per dead letter. Default: silent. */
  readonly logger?: Logger;
}

const count = z.int().min(1);
const monthMs = 2_592_000_000;

const deadLettersSchema = z.strictObject({
  topic: topicSchema.optional(),
  createTopic: createTopicSchema.optional(),
  maxBytes: z.int().min(minLetterBytes).default(900_000),
});

const aFunction = <Signature>() =>
  z.custom<Signature>((value) => typeof value === 'function', 'must be a function').optional();

export const sourceOptionsSchema = z
  .strictObject({
    kafka: kafkaConfigSchema,
    kafkaTopics: z.array(topicSchema).min(1).optional(),
    topic: topicSchema.optional(),
    groupId: z.string().min(1).optional(),
    notifier: z.custom<SourceTarget>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        'notify' in value &&
        typeof value.notify === 'function',
      'must be a Notifier',
    ),
    value: z
      .custom<z.ZodType>(
        (value) => typeof value === 'object' && value !== null && 'safeParseAsync' in value,
        'must be a zod schema',
      )
      .optional(),
    map: aFunction<RecordRules['map']>(),
    decode: aFunction<RecordRules['decode']>(),
    eventId: aFunction<NonNullable<RecordRules['eventId']>>(),
    from: z.enum(['earliest', 'latest']).default('earliest'),
    deadLetters: z.union([deadLettersSchema, z.literal(false)]).prefault({}),
    createTopic: createTopicSchema.optional(),
    maxRecordBytes: count.default(1_048_576),
    maxPendingRecords: count.default(1_000),
    maxPendingBytes: count.default(4_194_304),
    maxPartitionBytes: count.default(1_048_576),
    sessionTimeoutMs: count.default(10_000),
    logger: loggerSchema,
  })
  .transform((options, context) => {
    const { topic, kafkaTopics, value, map, deadLetters, createTopic, ...rest } = options;
    const topics = [...new Set(topic === undefined ? (kafkaTopics ?? []) : [topic])];
    const groupId = rest.groupId ?? (topics.length === 1 ? `${topics[0]}-source` : undefined);
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: 'custom', path: [path], message });
      return z.NEVER;
    };
    if ((topic === undefined) === (kafkaTopics === undefined)) {
      return refuse('kafkaTopics', 'either this or `topic` is needed');
    }
    if (groupId === undefined) return refuse('groupId', 'is needed for several Kafka topics');
    if (value !== undefined && map === undefined) return refuse('map', 'is needed with `value`');
    const rules: RecordRules = {
      decode: rest.decode ?? decodeJson,
      value: map === undefined ? simpleValueSchema : value,
      map: map ?? mapSimpleRecord,
      eventId: rest.eventId,
      maxRecordBytes: rest.maxRecordBytes,
    };
    const create = createTopic && { ...createTopic, retentionMs: monthMs };
    const plan = deadLetters && { ...deadLetters, create: deadLetters.createTopic ?? create };
    return { ...rest, topics, groupId, createTopic, rules, deadLetters: plan || undefined };
  });

/** Options with their defaults filled in. */
export type ResolvedSourceOptions = z.output<typeof sourceOptionsSchema>;
