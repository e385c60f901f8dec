import { NotifyError } from '@realtime-notify/core';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { ClusterLinks, TopicLayout } from './cluster-links.js';
import { backoffMs, pause } from './deadline.js';
import { incomingRecord } from './group-record.js';
import type { GroupTailOptions, Tail } from './kafka-client.js';
import { kafkaFailure } from './kafka-errors.js';
import type { NodeConsumer } from './kafkajs-driver.js';
import { TailHealth } from './tail-health.js';
import { TailPositions } from './tail-positions.js';

/** What a tail with a group works with. */
export interface GroupTailContext {
  readonly links: ClusterLinks;
  /** The layout of the Kafka topic, made where it is missing and allowed. */
  layout(signal: AbortSignal): Promise<TopicLayout>;
  /** A consumer that does not restart by itself; `onCut` is called when one of its links ends. */
  newConsumer(groupId: string, onCut: () => void): NodeConsumer;
  /** Deletes a group that nobody is a member of. */
  deleteGroup(groupId: string): Promise<void>;
  protocolError(code: number): Error;
}

const commitEveryMs = 5_000;
const partitionsAtOnce = 16;
/** The group is one thing to {@link TailHealth}, whatever partitions it has. */
const whole = 0;

/**
 * Reads a Kafka topic from its end as the only member of a consumer group. Where to read is kept here:
 * every time the group is joined each partition is sought to its place, so nothing depends on what
 * was committed. Commits are for those who watch the group's lag.
 */
export class GroupTail implements Tail {
  readonly ready: Promise<void>;
  readonly #context: GroupTailContext;
  readonly #options: GroupTailOptions;
  readonly #abort = new AbortController();
  readonly #positions: TailPositions;
  readonly #health: TailHealth;
  readonly #running: Promise<void>;
  #joined = false;
  /** The group was joined at least once, so that Kafka knows it. */
  #groupMade = false;
  /** Called with the next answer to a fetch, or when there will be none. */
  readonly #awaiting = new Set<(answered: boolean) => void>();
  #becomeReady: () => void = () => {};

  constructor(context: GroupTailContext, options: GroupTailOptions) {
    this.#context = context;
    this.#options = options;
    this.#positions = new TailPositions(options.topic, context.links, context.protocolError);
    this.#health = new TailHealth({
      onState: (state) => this.#abort.signal.aborted || options.onState(state),
      onResync: (reason) => this.#abort.signal.aborted || options.onResync(reason),
    });
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.#running = this.#run();
  }

  get reachable(): boolean {
    return this.#joined && this.#health.proven([whole]);
  }

  async probe(): Promise<void> {
    const { error } = this.#health;
    if (error !== undefined) throw error;
    if (!this.#joined) throw this.#unavailable('the group is not joined yet');
    const answer = new Promise<boolean>((resolve) => this.#awaiting.add(resolve));
    // What produces has links of its own; they are asked as well.
    await this.#context.links.layout(this.#options.topic).catch((cause: unknown) => {
      throw kafkaFailure('probing', cause);
    });
    if (!(await answer)) throw this.#unavailable('the link was interrupted');
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#settle(false);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#positions.fix(await this.#context.layout(signal));
        if (!signal.aborted) await this.#consume();
      } catch (error) {
        this.#health.failed(kafkaFailure(`consuming ${this.#options.topic}`, error));
      }
      await pause(backoffMs(this.#health.attempt, 100, 2_000), signal);
    }
    // Where that cannot be, a janitor finds the group later.
    if (!this.#groupMade || this.#health.error !== undefined) return;
    await this.#context.deleteGroup(this.#options.groupId).catch(() => {});
  }

  /** Is a member of the group until that fails, which rejects, or until it is closed. */
  async #consume(): Promise<void> {
    const { groupId } = this.#options;
    const { consumer, end } = this.#context.newConsumer(groupId, () => this.#interrupted());
    const membership = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, membership.signal]);
    try {
      await Promise.race([this.#ended(consumer, signal), this.#join(consumer, signal)]);
    } finally {
      membership.abort();
      this.#joined = false;
      this.#settle(false);
      this.#health.unproven(whole);
      await end();
    }
  }

  /** Settles when there is nothing more to come of a consumer. */
  #ended(consumer: Consumer, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #join(consumer: Consumer, signal: AbortSignal): Promise<void> {
    const { topic } = this.#options;
    const { GROUP_JOIN, REQUEST } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#groupMade = true;
      // Also after a rebalance, before anything is fetched.
      this.#seek(consumer, payload.memberAssignment[topic] ?? []);
    });
    consumer.on(REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') this.#fetched();
    });
    await consumer.connect();
    // Partitions that are added later are read from their first record.
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: async (payload) => this.#deliver(payload),
    });
    let committed = await this.#commit(consumer);
    if (signal.aborted) return;
    this.#joined = true;
    this.#becomeReady();
    this.#health.prove(whole);
    this.#health.placed();
    while (!signal.aborted) {
      await pause(commitEveryMs, signal);
      if (!signal.aborted) committed = await this.#commit(consumer, committed);
    }
  }

  #seek(consumer: Consumer, partitions: readonly number[]): void {
    const { topic } = this.#options;
    for (const partition of partitions) {
      const offset = this.#positions.get(partition);
      if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) });
    }
  }

  /** Commits the places unless they are those of `before`. */
  async #commit(consumer: Consumer, before?: string): Promise<string> {
    const { topic } = this.#options;
    const places = this.#positions.all.map(([partition, offset]) => ({
      ...{ topic, partition, offset: String(offset) },
    }));
    const now = JSON.stringify(places);
    if (now !== before) await consumer.commitOffsets(places);
    return now;
  }

  #deliver({ batch, isRunning, isStale }: EachBatchPayload): void {
    if (!isRunning() || isStale() || this.#abort.signal.aborted) return;
    const { partition } = batch;
    const records = batch.messages.map((message) => incomingRecord(partition, message));
    const [first] = records;
    if (first === undefined) return;
    const expected = this.#positions.moveTo(partition, Number(batch.lastOffset()) + 1);
    if (expected !== undefined && first.offset !== expected) {
      this.#options.onResync(`partition ${partition} goes on at another place`);
    }
    this.#options.onRecords(records);
  }

  #fetched(): void {
    if (!this.#joined) return;
    this.#health.prove(whole);
    this.#settle(true);
  }

  /** kafkajs makes a new link by itself; publishers may have failed meanwhile. */
  #interrupted(): void {
    if (!this.#joined) return;
    this.#health.stale(whole, this.#unavailable('the link was interrupted'));
    this.#health.mustResync('the link was interrupted');
    this.#settle(false);
  }

  #settle(answered: boolean): void {
    for (const resolve of this.#awaiting) resolve(answered);
    this.#awaiting.clear();
  }

  #unavailable(why: string): NotifyError {
    return new NotifyError('BROKER_UNAVAILABLE', `Kafka: ${this.#options.topic}: ${why}`);
  }
}
