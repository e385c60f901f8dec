import {
  type Broker,
  type BrokerSink,
  type Envelope,
  NotifyError,
  resolveOptions,
} from '@realtime-notify/core';
import {
  brokerOptionsSchema,
  type KafkaBrokerOptions,
  type ResolvedBrokerOptions,
} from './broker-options.js';
import { decodeRecord, encodeRecord } from './envelope-record.js';
import type { IncomingRecord, KafkaClient, LinkState, Tail } from './kafka-client.js';
import { kafkajsClient } from './kafkajs-client.js';

/**
 * A Broker over one Kafka topic (Kafka 2.3 or later, seen on 3.9 and 4.4) with fan-out routing: every
 * node reads every record. Promises B1 to B8.
 *
 * Each node reads from the end, without a consumer group, so that nothing of it stays in Kafka. The
 * channel is the key of a record, so a channel's envelopes keep their order while the number of
 * partitions stays. When the leader of a partition changes, reading goes on where it was.
 *
 * `start` rejects with `BROKER_CONFIGURATION` where the Kafka topic is missing and may not be
 * created, or Kafka refuses credentials or rights; the broker is closed then.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function kafkaBroker(options: KafkaBrokerOptions): Broker {
  return new KafkaBroker(resolveOptions(brokerOptionsSchema, options, 'kafkaBroker'));
}

interface Running {
  readonly client: KafkaClient;
  readonly tail: Tail;
}

class KafkaBroker implements Broker {
  readonly capabilities = Object.freeze({ remote: true, routing: 'fanout' as const });
  readonly #options: ResolvedBrokerOptions;
  readonly #underWay = new Set<Promise<void>>();
  #pendingBytes = 0;
  #running: Running | undefined;
  #link: LinkState | undefined;
  #closed = false;

  constructor(options: ResolvedBrokerOptions) {
    this.#options = options;
  }

  async start(sink: BrokerSink): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#running !== undefined) return;
    await new Promise<void>((known) => {
      this.#running = this.#open(sink, known);
    });
    const { topic, logger } = this.#options;
    if (this.#link?.state !== 'down' || this.#link.error.retryable) return;
    logger.error({ err: this.#link.error, topic }, 'broker-kafka: cannot start');
    const refused = this.#link.error;
    await this.close();
    throw refused;
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const { client, tail } = this.#started();
    if (envelopes.length === 0) return;
    // One node of a cluster being down must not silence the partitions of the others.
    if (!tail.reading) this.#mustBeUp();
    const patient = this.#link?.state === 'up';
    const { topic, maxPendingBytes } = this.#options;
    const bytes = envelopes.reduce((sum, { dataJson }) => sum + dataJson.length + 200, 0);
    if (this.#pendingBytes >= maxPendingBytes) {
      throw new NotifyError('BROKER_UNAVAILABLE', 'Kafka acknowledges more slowly than we publish');
    }
    this.#pendingBytes += bytes;
    const producing = client.produce(topic, envelopes.map(encodeRecord), { patient });
    this.#underWay.add(producing);
    try {
      await producing;
    } finally {
      this.#pendingBytes -= bytes;
      this.#underWay.delete(producing);
    }
  }

  /** Nothing to ask Kafka for: everything is read anyhow, from before `start` resolved. */
  async subscribe(_channels: readonly string[]): Promise<void> {
    this.#started();
    this.#mustBeUp();
  }

  async unsubscribe(_channels: readonly string[]): Promise<void> {
    this.#started();
  }

  async probe(): Promise<void> {
    const { tail } = this.#started();
    this.#mustBeUp();
    await tail.probe();
  }

  async drain(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running?.client.close();
  }

  #open(sink: BrokerSink, known: () => void): Running {
    const { kafka, topic, createTopic, logger, compression, publishTimeoutMs } = this.#options;
    const { fetchWaitMs, layoutMaxAgeMs } = this.#options;
    const client = kafkajsClient({
      ...{ config: kafka, logger, fetchWaitMs, layoutMaxAgeMs },
      produceTimeoutMs: publishTimeoutMs,
      gzip: compression === 'gzip',
    });
    const tail = client.tail({
      topic,
      create: createTopic,
      onRecords: (records) => this.#receive(records, sink),
      onResync: (reason) => {
        logger.info({ topic, reason }, 'broker-kafka: envelopes may have been missed');
        sink.resync(reason);
      },
      onState: (link) => {
        this.#link = link;
        if (link.state === 'up') logger.info({ topic }, 'broker-kafka: the link to Kafka is up');
        // What stops `start` is logged there.
        else if (link.error.retryable) {
          logger.warn({ err: link.error, topic }, 'broker-kafka: the link to Kafka is down');
        }
        sink.status(link);
        known();
      },
    });
    return { client, tail };
  }

  #receive(records: readonly IncomingRecord[], sink: BrokerSink): void {
    const envelopes: Envelope[] = [];
    for (const record of records) {
      const envelope = decodeRecord(record);
      if (envelope !== undefined) {
        envelopes.push(envelope);
        continue;
      }
      const { partition, offset } = record;
      const facts = { code: 'ENVELOPE_INVALID', topic: this.#options.topic, partition, offset };
      this.#options.logger.warn(facts, 'broker-kafka: a record that is no envelope was dropped');
    }
    if (envelopes.length > 0) sink.receive(envelopes);
  }

  #started(): Running {
    if (this.#closed) throw closedError();
    if (this.#running === undefined)
      throw new NotifyError('NOT_STARTED', 'the broker is not started');
    return this.#running;
  }

  /** While the link is down calls reject at once: waiting for it is the caller's choice. */
  #mustBeUp(): void {
    if (this.#link?.state === 'up') return;
    const cause = this.#link?.error;
    throw new NotifyError('BROKER_UNAVAILABLE', cause?.message ?? 'Kafka was not reached yet', {
      cause,
    });
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Kafka broker is closed');
}
