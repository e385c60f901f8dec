import type { Consumer, EachBatchPayload } from 'kafkajs';
import { backoffMs, pause } from './deadline.js';
import { incomingRecord } from './group-record.js';
import type { Group, GroupOptions } from './kafka-client.js';
import { kafkaFailure } from './kafka-errors.js';

const maxPauseMs = 30_000;
const partitionsAtOnce = 16;

/** What a member of a group works with. */
export interface GroupContext {
  newConsumer(groupId: string): Consumer;
  /** Rejects while one of the Kafka topics is missing and may not be made. */
  ensureTopics(topics: readonly string[]): Promise<void>;
}

/**
 * A member of a shared consumer group that comes back after every failure. A record that cannot be
 * handled now pauses its own partition only: kafkajs would hold up all partitions of the same node.
 */
export class GroupConsumer implements Group {
  readonly #context: GroupContext;
  readonly #options: GroupOptions;
  readonly #abort = new AbortController();
  readonly #resumes = new Set<NodeJS.Timeout>();
  readonly #failures = new Map<string, number>();
  readonly #running: Promise<void>;
  #state: 'unknown' | 'up' | 'down' = 'unknown';

  constructor(context: GroupContext, options: GroupOptions) {
    this.#context = context;
    this.#options = options;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#resumes) clearTimeout(timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const consumer = this.#context.newConsumer(this.#options.groupId);
      try {
        await this.#context.ensureTopics(this.#options.topics);
        if (await this.#consume(consumer)) attempt = 0;
      } catch (error) {
        this.#down(error);
      }
      // Leaves the group, so that the other members need not wait for its session to end.
      await consumer.disconnect().catch(() => {});
      await pause(backoffMs(attempt, 200, 10_000), signal);
    }
  }

  /** Resolves with whether the group was joined, when this consumer is at its end. */
  async #consume(consumer: Consumer): Promise<boolean> {
    const { signal } = this.#abort;
    const { topics, fromBeginning } = this.#options;
    let joined = false;
    const ended = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => {
        joined = true;
        this.#up();
      });
      // With `restart` kafkajs comes back by itself, else it stands still.
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        this.#down(payload.error);
        if (!payload.restart) resolve();
      });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning });
    await consumer.run({
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: (payload) => this.#handle(payload),
    });
    await ended;
    return joined;
  }

  async #handle(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const key = `${topic}/${partition}`;
    for (const message of batch.messages) {
      if (!isRunning() || isStale() || this.#abort.signal.aborted) return;
      try {
        await this.#options.onRecord(topic, incomingRecord(partition, message));
      } catch {
        // Whoever handles records reports why. What was handled before is committed by kafkajs.
        this.#pause(key, payload.pause());
        return;
      }
      this.#failures.delete(key);
      resolveOffset(message.offset);
      await heartbeat();
    }
  }

  #pause(key: string, resume: () => void): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const timer = setTimeout(
      () => {
        this.#resumes.delete(timer);
        try {
          resume();
        } catch {
          // The consumer has ended meanwhile; the next one begins with this record.
        }
      },
      backoffMs(failures, 500, maxPauseMs),
    );
    this.#resumes.add(timer);
  }

  #up(): void {
    if (this.#state === 'up' || this.#abort.signal.aborted) return;
    this.#state = 'up';
    this.#options.onState({ state: 'up' });
  }

  #down(error: unknown): void {
    if (this.#state === 'down' || this.#abort.signal.aborted) return;
    this.#state = 'down';
    const what = `consuming ${this.#options.topics.join(', ')}`;
    this.#options.onState({ state: 'down', error: kafkaFailure(what, error) });
  }
}
