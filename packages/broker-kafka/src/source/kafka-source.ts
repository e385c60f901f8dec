import { NotifyError, resolveOptions } from '@realtime-notify/core';
import type { ReadEntry } from '../group/read-entries.js';
import type { Group, KafkaClient, LinkState, OpenedPartition } from '../kafka-client.js';
import { kafkajsClient } from '../kafkajs-client.js';
import { DeadLetterWriter } from './dead-letter-writer.js';
import { judgeRecord, type Verdict } from './judge-record.js';
import { type LineContext, PartitionLine } from './partition-line.js';
import { sendMany } from './send-many.js';
import {
  type KafkaSourceOptions,
  type ResolvedSourceOptions,
  sourceOptionsSchema,
} from './source-options.js';

/** The longest pause before a partition that waits is tried again. */
const longestPauseMs = 10_000;

/** Brings records of Kafka topics in as notifications. */
export interface KafkaSource {
  /**
   * Joins the group. Resolves when the places at which this node begins are committed: what is produced
   * from then on is read. Resolves also while Kafka is unreachable, and goes on trying; rejects with
   * `BROKER_CONFIGURATION` for what trying again cannot mend.
   */
  start(): Promise<void>;
  /**
   * Reads nothing more; resolves when all that was taken is stored and committed, or cannot be just now, and
   * the group is left. Idempotent.
   */
  drain(): Promise<void>;
  /** As `drain`, and leaves to others what was taken and not begun. Idempotent. */
  close(): Promise<void>;
}

/**
 * A source of notifications: records of Kafka topics, shared among all nodes by a consumer group.
 *
 * A record is committed only after all it asks for is stored. One that is read again is stored once, as long
 * as the store still knows its idempotency key (5 minutes by default): a node that dies between storing and
 * committing, with no other to take over for longer than that, repeats it. Records of a partition are
 * stored in their order. While one cannot be stored its partition waits, and no other waits for it. One that
 * can never be sent is put into the dead-letter topic before anything behind it is committed.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function kafkaSource<Value = unknown>(options: KafkaSourceOptions<Value>): KafkaSource {
  return new GroupSource(resolveOptions(sourceOptionsSchema, options, 'kafkaSource'));
}

class GroupSource implements KafkaSource {
  readonly #options: ResolvedSourceOptions;
  #client: KafkaClient | undefined;
  #group: Group | undefined;
  #link: LinkState | undefined;
  #closed = false;

  constructor(options: ResolvedSourceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#closed) throw new NotifyError('CLOSED', 'the Kafka source is closed');
    if (this.#client !== undefined) return;
    await new Promise<void>((known) => this.#open(known));
    if (this.#link?.state !== 'down' || this.#link.error.retryable) return;
    const refused = this.#link.error;
    await this.close();
    throw refused;
  }

  async drain(): Promise<void> {
    this.#closed = true;
    await this.#group?.drain();
    await this.#client?.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#group?.close();
    await this.#client?.close();
  }

  #open(known: () => void): void {
    const { kafka, topics, groupId, from, createTopic: create, logger } = this.#options;
    const { maxPartitionBytes, sessionTimeoutMs, deadLetters } = this.#options;
    const client = kafkajsClient({ config: kafka, logger });
    const letters = new DeadLetterWriter(client, deadLetters, logger);
    this.#client = client;
    this.#group = client.consumeGroup({
      ...{ topics, groupId, from, create, maxPartitionBytes, sessionTimeoutMs },
      prepare: () => letters.ensureTopics(topics),
      open: (partition) => this.#line(partition, letters),
      onState: (link) => {
        this.#link = link;
        const facts = { topics, groupId };
        if (link.state === 'up') logger.info(facts, 'kafka-source: reading');
        else logger.warn({ ...facts, err: link.error }, 'kafka-source: the link to Kafka is down');
        known();
      },
    });
  }

  #line(partition: OpenedPartition, letters: DeadLetterWriter): PartitionLine {
    const { notifier, logger, maxPendingRecords, maxPendingBytes } = this.#options;
    const context: LineContext = {
      ...{ logger, maxPendingRecords, maxPendingBytes, longestPauseMs },
      owner: 'kafka-source',
      judge: (entry: ReadEntry) => this.#judge(partition, entry),
      sendMany: sendMany(notifier),
      writeDeadLetters: letters.write.bind(letters),
    };
    return new PartitionLine(context, partition);
  }

  async #judge({ clusterId, topic }: OpenedPartition, entry: ReadEntry): Promise<Verdict> {
    const { record, unreadable } = entry;
    if (unreadable !== undefined) {
      return { fault: { reason: 'unreadable-batch', error: unreadable.error } };
    }
    if (record === undefined) return { requests: [] };
    return judgeRecord(this.#options.rules, clusterId, topic, record);
  }
}
