import { NotifyError } from '@realtime-notify/core';
import type { ClusterLinks, TopicLayout } from './cluster-links.js';
import { backoffMs, pause } from './deadline.js';
import type { Watch, WatchOptions } from './kafka-client.js';
import { kafkaFailure } from './kafka-errors.js';
import { TailHealth } from './tail-health.js';

/** What a watch works with. */
export interface WatchContext {
  readonly links: ClusterLinks;
  /** The layout of the Kafka topic, made where it is missing and allowed. */
  layout(signal: AbortSignal): Promise<TopicLayout>;
  /** How often it looks while all is well. */
  readonly layoutMaxAgeMs: number;
}

/**
 * The state of the link of a node that only publishes: asks for the layout of the Kafka topic now and
 * then, and at once after a record could not be produced.
 */
export class TopicWatch implements Watch {
  readonly #context: WatchContext;
  readonly #options: WatchOptions;
  readonly #abort = new AbortController();
  readonly #health: TailHealth;
  readonly #running: Promise<void>;
  #reachable = false;
  #lookAgain: () => void = () => {};

  constructor(context: WatchContext, options: WatchOptions) {
    this.#context = context;
    this.#options = options;
    this.#health = new TailHealth({
      onState: (state) => this.#abort.signal.aborted || options.onState(state),
      onResync: () => {},
    });
    this.#running = this.#run();
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** Something failed: does not wait for the next look. */
  suspect(): void {
    this.#lookAgain();
  }

  async probe(): Promise<void> {
    const { topic } = this.#options;
    const layout = await this.#context.links.layout(topic).catch((cause: unknown) => {
      throw kafkaFailure('probing', cause);
    });
    if (layout === undefined) {
      throw new NotifyError('BROKER_UNAVAILABLE', `the Kafka topic ${topic} does not exist`);
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const wake = new Promise<void>((resolve) => {
        this.#lookAgain = resolve;
      });
      try {
        await this.#look(signal);
      } catch (error) {
        this.#health.failed(kafkaFailure(`looking at ${this.#options.topic}`, error));
      }
      const { attempt } = this.#health;
      const waitMs = attempt === 0 ? this.#context.layoutMaxAgeMs : backoffMs(attempt, 100, 2_000);
      // While something is wrong the wait is a pause between attempts; else it may be cut short.
      await pause(waitMs, signal, attempt === 0 ? wake : undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    this.#reachable = false;
    const leaders = [...(await this.#context.layout(signal)).leaders.values()];
    this.#reachable = leaders.some((leader) => leader >= 0);
    if (leaders.includes(-1)) throw new Error('a partition has no leader');
    this.#health.placed();
  }
}
