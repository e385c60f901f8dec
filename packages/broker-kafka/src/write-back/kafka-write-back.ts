import {
  type AppendOutcome,
  type LoggedDraft,
  type Logger,
  NotifyError,
  type Replay,
  resolveOptions,
  type WriteBackLog,
} from '@realtime-notify/core';
import type { KafkaConfig } from 'kafkajs';
import { z } from 'zod';
import {
  type CreateTopic,
  createTopicSchema,
  kafkaConfigSchema,
  loggerSchema,
  topicSchema,
} from '../broker-options.js';
import type { ReadEntry } from '../group/read-entries.js';
import type { Group, KafkaClient, LinkState, OpenedPartition } from '../kafka-client.js';
import { kafkajsClient } from '../kafkajs-client.js';
import type { Undeliverable } from '../source/dead-letter.js';
import type { Verdict } from '../source/judge-record.js';
import { PartitionLine } from '../source/partition-line.js';
import type { SendOutcome } from '../source/send-many.js';
import { decodeDraft, encodeDraft } from './draft-record.js';

/** Options of {@link kafkaWriteBack}. */
export interface KafkaWriteBackOptions {
  /** How to reach Kafka, as for `kafkaBroker`. */
  readonly kafka: KafkaConfig;
  /** The Kafka topic of its own that drafts wait in. Nothing else may write to it. */
  readonly topic: string;
  /** Consumer group of the nodes that replay. Default `<topic>-replay`. */
  readonly groupId?: string;
  /**
   * Allows to create the Kafka topic where it is missing; then it is kept for 7 days (604,800,000 ms) by
   * default: longer than any outage must last. Default: not allowed, `start` rejects.
   */
  readonly createTopic?: CreateTopic;
  /** How long Kafka waits for a node that it does not hear of before others replay, in ms. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** One line per change of the link's state, per partition that waits, per record that is none. Default: silent. */
  readonly logger?: Logger;
}

const weekMs = 604_800_000;

const optionsSchema = z
  .strictObject({
    kafka: kafkaConfigSchema,
    topic: topicSchema,
    groupId: z.string().min(1).optional(),
    createTopic: createTopicSchema
      .extend({ retentionMs: z.int().min(1).default(weekMs) })
      .optional(),
    sessionTimeoutMs: z.int().min(1).default(10_000),
    logger: loggerSchema,
  })
  .transform(({ createTopic, groupId, ...rest }) => ({
    ...rest,
    groupId: groupId ?? `${rest.topic}-replay`,
    create: createTopic,
  }));

const reading = {
  maxPendingRecords: 1_000,
  maxPendingBytes: 4_194_304,
  maxPartitionBytes: 1_048_576,
} as const;
/** A store that is back is noticed soon. */
const longestPauseMs = 1_000;

/**
 * Keeps in a Kafka topic what cannot be stored while the store is down, for `whenStoreDown: 'log'`. A consumer
 * group replays it, one node a partition, in order; a record is committed when it is stored. A channel is
 * always in one partition, as long as their number stays: add none while the store is down.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function kafkaWriteBack(options: KafkaWriteBackOptions): WriteBackLog {
  return new GroupWriteBack(resolveOptions(optionsSchema, options, 'kafkaWriteBack'));
}

class GroupWriteBack implements WriteBackLog {
  readonly #options: z.output<typeof optionsSchema>;
  readonly #closing = new AbortController();
  #client: KafkaClient | undefined;
  #group: Group | undefined;
  #link: LinkState | undefined;
  /** The last append failed: the next waits for a second only, so that publishers learn soon that they must wait. */
  #isAway = false;

  constructor(options: z.output<typeof optionsSchema>) {
    this.#options = options;
  }

  async start(replay: Replay | undefined): Promise<void> {
    if (this.#closing.signal.aborted) throw closed();
    if (this.#client !== undefined) return;
    const { kafka, topic, create, logger } = this.#options;
    const client = kafkajsClient({ config: kafka, logger });
    this.#client = client;
    const refused = await (replay === undefined
      ? failureOf(client.ensureTopic(topic, create))
      : this.#join(client, replay));
    if (refused === undefined || refused.retryable) return;
    await this.close();
    throw refused;
  }

  async append(drafts: readonly LoggedDraft[]): Promise<void> {
    const records = drafts.map(encodeDraft);
    const client = this.#opened();
    try {
      const patient = !this.#isAway;
      await this.#unlessClosed(client.produce(this.#options.topic, records, { patient }));
      this.#isAway = false;
    } catch (error) {
      this.#isAway = NotifyError.is(error) && error.retryable;
      throw error;
    }
  }

  async replayed(): Promise<void> {
    const { topic, groupId } = this.#options;
    const committed = this.#opened().untilCommitted(topic, groupId, this.#closing.signal);
    await this.#unlessClosed(committed);
  }

  async drain(): Promise<void> {
    await this.#group?.drain();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#group?.close();
    await this.#client?.close();
  }

  /** Resolves, once it is known whether Kafka is there, with what is in the way. */
  async #join(client: KafkaClient, replay: Replay): Promise<NotifyError | undefined> {
    const { topic, groupId, create, logger, sessionTimeoutMs } = this.#options;
    await new Promise<void>((known) => {
      this.#group = client.consumeGroup({
        ...{ topics: [topic], groupId, from: 'earliest', create, sessionTimeoutMs },
        maxPartitionBytes: reading.maxPartitionBytes,
        prepare: async () => {},
        open: (partition) => this.#line(partition, replay),
        onState: (link) => {
          this.#link = link;
          const facts = { topic, groupId };
          if (link.state === 'up') logger.info(facts, 'kafka-write-back: ready to replay');
          else logger.warn({ ...facts, err: link.error }, 'kafka-write-back: Kafka is away');
          known();
        },
      });
    });
    return this.#link?.state === 'down' ? this.#link.error : undefined;
  }

  #line(partition: OpenedPartition, replay: Replay): PartitionLine<LoggedDraft> {
    const { logger } = this.#options;
    const context = {
      ...{ logger, ...reading, longestPauseMs },
      owner: 'kafka-write-back' as const,
      judge: async (entry: ReadEntry) => judge(entry),
      sendMany: async (drafts: readonly LoggedDraft[]) =>
        drafts.length === 0 ? [] : (await replay(drafts)).map(sendOutcome),
      writeDeadLetters: async (letters: readonly Undeliverable[]) => {
        for (const { error, source } of letters) {
          const offset = 'offset' in source ? source.offset : source.baseOffset;
          const facts = { topic: partition.topic, partition: partition.partition, offset };
          logger.error({ ...facts, err: error }, 'kafka-write-back: no draft of ours was passed');
        }
      },
    };
    return new PartitionLine<LoggedDraft>(context, partition);
  }

  /** What fails because this is closed says so. */
  async #unlessClosed(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw this.#closing.signal.aborted ? closed() : error;
    }
  }

  #opened(): KafkaClient {
    if (this.#closing.signal.aborted) throw closed();
    if (this.#client === undefined) {
      throw new NotifyError('NOT_STARTED', 'the write-back log is not started');
    }
    return this.#client;
  }
}

function judge({ record, unreadable }: ReadEntry): Verdict<LoggedDraft> {
  if (unreadable !== undefined) {
    return { fault: { reason: 'unreadable-batch', error: unreadable.error } };
  }
  if (record === undefined) return { requests: [] };
  try {
    return { requests: [decodeDraft(record)] };
  } catch (error) {
    return { fault: { reason: 'schema-mismatch', error } };
  }
}

/** What failed for good the notifier has told as undelivered: it is done with. */
function sendOutcome(outcome: AppendOutcome): SendOutcome {
  if (outcome.status !== 'failed' || !outcome.error.retryable) return { status: 'sent' };
  return { status: 'failed', error: outcome.error };
}

async function failureOf(work: Promise<void>): Promise<NotifyError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (NotifyError.is(error)) return error;
    throw error;
  }
}

function closed(): NotifyError {
  return new NotifyError('CLOSED', 'the write-back log is closed');
}
