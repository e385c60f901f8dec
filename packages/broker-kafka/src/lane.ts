import { type DirectedEnvelope, type Envelope, NotifyError } from '@realtime-notify/core';
import type { ResolvedBrokerOptions } from './broker-options.js';
import { encodeDirected, recipientOf } from './directed-record.js';
import { decodeRecord, encodeRecord } from './envelope-record.js';
import type {
  KafkaClient,
  LinkState,
  TailOptions,
  TopicPlan,
  Watch,
  WatchOptions,
} from './kafka-client.js';
import type { IncomingRecord, OutgoingRecord } from './kafka-record.js';
import { kafkajsClient } from './kafkajs-client.js';
import { isNodeGroup, newNodeGroup } from './node-group.js';

/** Where a lane puts what it reads and learns. */
export interface LaneReport {
  receive(envelopes: readonly Envelope[]): void;
  resync(reason: string): void;
  /** Once per change. */
  onState(link: LinkState): void;
}

/** One Kafka topic, and what of it is read. */
export interface LanePlan {
  readonly topic: string;
  readonly create: TopicPlan | undefined;
  readonly reads: 'nothing' | 'everything' | { readonly forNode: string };
}

/**
 * One Kafka topic of the broker, with all that reads and writes it: connections of its own, so that
 * no lane waits for another.
 */
export class Lane {
  readonly #topic: string;
  readonly #reads: LanePlan['reads'];
  readonly #options: ResolvedBrokerOptions;
  readonly #report: LaneReport;
  readonly #client: KafkaClient;
  readonly #watch: Watch;
  /** Resolves when the link's state is known for the first time, or the lane is closed. */
  readonly known: Promise<void>;
  #becomeKnown: () => void = () => {};
  #pendingBytes = 0;
  #link: LinkState | undefined;

  constructor(
    { topic, create, reads }: LanePlan,
    options: ResolvedBrokerOptions,
    report: LaneReport,
  ) {
    this.#topic = topic;
    this.#reads = reads;
    this.#options = options;
    this.#report = report;
    const { kafka, compression, publishTimeoutMs } = options;
    this.#client = kafkajsClient({
      ...options,
      config: kafka,
      produceTimeoutMs: publishTimeoutMs,
      gzip: compression === 'gzip',
    });
    this.known = new Promise((resolve) => {
      this.#becomeKnown = resolve;
    });
    const onState = (link: LinkState): void => {
      this.#changed(link);
      this.#becomeKnown();
    };
    this.#watch =
      reads === 'nothing'
        ? this.#client.watch({ topic, create, onState })
        : this.#read({ topic, create, onState });
  }

  get link(): LinkState | undefined {
    return this.#link;
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    await this.#produce(envelopes.map(encodeRecord), () => true);
  }

  /** A leader that fails is waited for while the link is up and `mayWait` says so. */
  async publishTo(directed: readonly DirectedEnvelope[], mayWait: () => boolean): Promise<void> {
    const records = directed.flatMap(({ envelope, nodeIds }) =>
      nodeIds.map((nodeId) => encodeDirected(envelope, nodeId)),
    );
    await this.#produce(records, mayWait);
  }

  async #produce(records: readonly OutgoingRecord[], mayWait: () => boolean): Promise<void> {
    // One node of a cluster being down must not silence the partitions of the others.
    if (!this.#watch.reachable) this.mustBeUp();
    const isUp = (): boolean => this.#link?.state === 'up';
    const options = {
      get patient() {
        return mayWait() && isUp();
      },
    };
    const bytes = records.reduce((sum, { value }) => sum + value.length + 200, 0);
    if (this.#pendingBytes >= this.#options.maxPendingBytes) {
      throw new NotifyError('BROKER_UNAVAILABLE', 'Kafka acknowledges more slowly than we publish');
    }
    this.#pendingBytes += bytes;
    try {
      await this.#client.produce(this.#topic, records, options);
    } finally {
      this.#pendingBytes -= bytes;
    }
  }

  async probe(): Promise<void> {
    this.mustBeUp();
    await this.#watch.probe();
  }

  /** While the link is down calls reject at once: waiting for it is the caller's choice. */
  mustBeUp(): void {
    if (this.#link?.state === 'up') return;
    const cause = this.#link?.error;
    throw new NotifyError('BROKER_UNAVAILABLE', cause?.message ?? 'Kafka was not reached yet', {
      cause,
    });
  }

  async close(): Promise<void> {
    this.#becomeKnown();
    await this.#client.close();
  }

  #read(watched: WatchOptions): Watch {
    const { topic } = watched;
    const { logger, tail, groupPrefix } = this.#options;
    const tailOptions: TailOptions = {
      ...watched,
      onRecords: (records: readonly IncomingRecord[]) => this.#receive(records),
      onResync: (reason: string) => {
        logger.info({ topic, reason }, 'broker-kafka: envelopes may have been missed');
        this.#report.resync(reason);
      },
    };
    if (typeof this.#reads === 'object') {
      return this.#client.tail({ ...tailOptions, only: this.#reads.forNode });
    }
    if (tail === 'partitions') return this.#client.tail(tailOptions);
    this.#clearAwayTheDead();
    return this.#client.groupTail({ ...tailOptions, groupId: newNodeGroup(groupPrefix, topic) });
  }

  #clearAwayTheDead(): void {
    const topic = this.#topic;
    const { logger, groupPrefix, janitorIntervalMs } = this.#options;
    if (janitorIntervalMs === false) return;
    this.#client.janitor({
      isOurs: (groupId) => isNodeGroup(groupPrefix, topic, groupId),
      intervalMs: janitorIntervalMs,
      onChange: (error) => {
        if (error === undefined)
          logger.info({ topic }, 'broker-kafka: dead groups are cleared away');
        else logger.warn({ topic, err: error }, 'broker-kafka: dead groups cannot be cleared away');
      },
    });
  }

  #changed(link: LinkState): void {
    const topic = this.#topic;
    const { logger } = this.#options;
    this.#link = link;
    if (link.state === 'up') logger.info({ topic }, 'broker-kafka: the link to Kafka is up');
    // What stops `start` is logged there.
    else if (link.error.retryable) {
      logger.warn({ err: link.error, topic }, 'broker-kafka: the link to Kafka is down');
    }
    this.#report.onState(link);
  }

  #receive(records: readonly IncomingRecord[]): void {
    const envelopes: Envelope[] = [];
    const forNode = typeof this.#reads === 'object' ? this.#reads.forNode : undefined;
    for (const record of records) {
      const to = recipientOf(record);
      // The other nodes of a partition.
      if (forNode !== undefined && to !== undefined && to !== forNode) continue;
      const envelope = to === forNode ? decodeRecord(record) : undefined;
      if (envelope !== undefined) {
        envelopes.push(envelope);
        continue;
      }
      const { partition, offset } = record;
      const facts = { code: 'ENVELOPE_INVALID', topic: this.#topic, partition, offset };
      this.#options.logger.warn(facts, 'broker-kafka: a record that is no envelope was dropped');
    }
    if (envelopes.length > 0) this.#report.receive(envelopes);
  }
}
