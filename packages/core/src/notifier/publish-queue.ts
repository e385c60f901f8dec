import { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';
import type { Broker } from '../ports/broker.js';

interface Waiting {
  readonly envelope: Envelope;
  settle(published: boolean): void;
}

/**
 * Hands envelopes to the broker in the order in which they were stored, one call at a time: what comes
 * up meanwhile goes together in the next. Bounded: beyond the limit, and while the broker is down,
 * envelopes are not published; other nodes then read them from the store.
 */
export class PublishQueue {
  readonly #broker: Broker;
  readonly #maxQueued: number;
  readonly #maxBatch: number;
  readonly #failed: (error: NotifyError, count: number) => void;
  #waiting: Waiting[] = [];
  #pumping: Promise<void> | undefined;

  constructor(
    broker: Broker,
    limits: { readonly maxQueued: number; readonly maxBatch: number },
    failed: (error: NotifyError, count: number) => void,
  ) {
    this.#broker = broker;
    this.#maxQueued = limits.maxQueued;
    this.#maxBatch = limits.maxBatch;
    this.#failed = failed;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves whether the broker has it. Never rejects. */
  publish(envelope: Envelope): Promise<boolean> {
    if (this.#waiting.length >= this.#maxQueued) {
      this.#failed(new NotifyError('BROKER_UNAVAILABLE', 'the publish queue is full'), 1);
      return Promise.resolve(false);
    }
    return new Promise((settle) => {
      this.#waiting.push({ envelope, settle });
      this.#pumping ??= this.#pump();
    });
  }

  /** Resolves when nothing is waiting or under way. */
  async drain(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
  }

  async #pump(): Promise<void> {
    // Appends that one reply of the store finished are collected before the first call.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#maxBatch);
      const published = await this.#send(batch);
      for (const { settle } of batch) settle(published);
    }
    this.#pumping = undefined;
  }

  async #send(batch: readonly Waiting[]): Promise<boolean> {
    try {
      await this.#broker.publish(batch.map(({ envelope }) => envelope));
      return true;
    } catch (cause) {
      const error = NotifyError.is(cause)
        ? cause
        : new NotifyError('BROKER_UNAVAILABLE', 'the broker failed to publish', { cause });
      this.#failed(error, batch.length);
      return false;
    }
  }
}
