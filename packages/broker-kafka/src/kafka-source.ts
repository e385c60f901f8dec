import { NotifyError, resolveOptions } from '@realtime-notify/core';
import type { Group, IncomingRecord, KafkaClient, LinkState } from './kafka-client.js';
import { kafkajsClient } from './kafkajs-client.js';
import {
  type KafkaSourceOptions,
  type ResolvedSourceOptions,
  sourceOptionsSchema,
} from './source-options.js';
import { readSourceRecord } from './source-record.js';

/** Brings records of a Kafka topic in as notifications. */
export interface KafkaSource {
  /**
   * Joins the group. Resolves also while Kafka is unreachable, and goes on trying; rejects with
   * `BROKER_CONFIGURATION` for what trying again cannot mend.
   */
  start(): Promise<void>;
  /** Resolves when what was begun is stored and committed, and the group is left. Idempotent. */
  close(): Promise<void>;
}

/**
 * A source of notifications: records `{"to", "type", "data"}` of one Kafka topic, shared among all
 * nodes by a consumer group.
 *
 * A record is committed only after it was stored. One that is read again is stored once, as long as
 * the store still knows its idempotency key (5 minutes by default): a node that dies between storing and
 * committing, with no other to take over for longer than that, repeats it. A record that can never be sent is logged with its place and passed. While the store is down the partition
 * waits, and no other partition waits for it.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function kafkaSource(options: KafkaSourceOptions): KafkaSource {
  return new GroupSource(resolveOptions(sourceOptionsSchema, options, 'kafkaSource'));
}

class GroupSource implements KafkaSource {
  readonly #options: ResolvedSourceOptions;
  #running: { readonly client: KafkaClient; readonly group: Group } | undefined;
  #link: LinkState | undefined;
  #closed = false;

  constructor(options: ResolvedSourceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#closed) throw new NotifyError('CLOSED', 'the Kafka source is closed');
    if (this.#running !== undefined) return;
    await new Promise<void>((known) => {
      this.#running = this.#open(known);
    });
    if (this.#link?.state !== 'down' || this.#link.error.retryable) return;
    const refused = this.#link.error;
    await this.close();
    throw refused;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running?.client.close();
  }

  #open(known: () => void) {
    const { kafka, topic, groupId, fromBeginning, createTopic, logger } = this.#options;
    const client = kafkajsClient({ config: kafka, logger });
    const group = client.consumeGroup({
      topics: [topic],
      groupId,
      fromBeginning,
      create: createTopic,
      onRecord: (_topic, record) => this.#handle(record),
      onState: (link) => {
        this.#link = link;
        const facts = { topic, groupId };
        if (link.state === 'up') logger.info(facts, 'kafka-source: reading');
        else logger.warn({ ...facts, err: link.error }, 'kafka-source: the link to Kafka is down');
        known();
      },
    });
    return { client, group };
  }

  /** Rejects where the record must be handled again. */
  async #handle(record: IncomingRecord): Promise<void> {
    const { topic, notifier, logger } = this.#options;
    const place = { topic, partition: record.partition, offset: record.offset };
    try {
      // Kafka keeps the record until it is stored: no memory of ours is as safe.
      await notifier.notify({ ...readSourceRecord(topic, record), whenStoreDown: 'reject' });
    } catch (error) {
      if (isHopeless(error)) {
        logger.warn({ ...place, err: error }, 'kafka-source: a bad record was passed');
        return;
      }
      logger.warn({ ...place, err: error }, 'kafka-source: a record will be tried again');
      throw error;
    }
  }
}

/** Whether this record can never be sent. A notifier that is closing says nothing about the record. */
function isHopeless(error: unknown): boolean {
  return NotifyError.is(error) && !error.retryable && error.code !== 'CLOSED';
}
