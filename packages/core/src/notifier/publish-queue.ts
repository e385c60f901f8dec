import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Envelope } from '../notification/notification.js';
import type { Broker } from '../ports/broker.js';

interface Waiting {
  readonly envelope: Envelope;
  readonly bytes: number;
  settle(published: boolean): void;
}

/** The bounds of a {@link PublishQueue}. */
export interface PublishLimits {
  /** Envelopes that wait at most, */
  readonly maxQueued: number;
  /** and the bytes of data that they hold at most; more are left to the store. */
  readonly maxQueuedBytes: number;
  /** Envelopes in one call to the broker. */
  readonly maxBatch: number;
  /** How long a publisher waits for the broker's word; the envelopes go on waiting. */
  readonly patienceMs: number;
}

/**
 * Hands envelopes to the broker in the order in which they were stored, one call at a time: what comes
 * up meanwhile goes together in the next. Bounded: beyond a limit, and while the broker is down,
 * envelopes are not published; other nodes then read them from the store. A broker that is slow to
 * answer does not hold up publishers: what they promised is in the store.
 */
export class PublishQueue {
  readonly #broker: Broker;
  readonly #limits: PublishLimits;
  readonly #counters: LimitCounters;
  readonly #failed: (error: NotifyError, count: number) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #pumping: Promise<void> | undefined;
  /** The call under way has taken longer than publishers wait. */
  #stalled = false;
  #underWay: readonly Waiting[] = [];
  #patience: NodeJS.Timeout | undefined;

  constructor(
    broker: Broker,
    limits: PublishLimits,
    counters: LimitCounters,
    failed: (error: NotifyError, count: number) => void,
  ) {
    this.#broker = broker;
    this.#limits = limits;
    this.#counters = counters;
    this.#failed = failed;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves whether the broker has it; false also where it has not said so in time. Never rejects. */
  publish(envelope: Envelope): Promise<boolean> {
    const bytes = this.#bytesOf(envelope);
    const { maxQueued, maxQueuedBytes } = this.#limits;
    if (this.#waiting.length >= maxQueued || this.#waitingBytes + bytes > maxQueuedBytes) {
      this.#counters.count('publishQueue');
      this.#failed(new NotifyError('BROKER_UNAVAILABLE', 'the publish queue is full'), 1);
      return Promise.resolve(false);
    }
    return new Promise((settle) => {
      this.#waiting.push({ envelope, bytes, settle });
      this.#waitingBytes += bytes;
      this.#pumping ??= this.#pump();
      if (this.#stalled) settle(false);
    });
  }

  /** Resolves when nothing is waiting or under way. */
  async drain(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
  }

  /** Lets nobody wait any longer and sends nothing more. */
  close(): void {
    clearTimeout(this.#patience);
    this.#release();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Envelopes of one notification share its data. */
  #bytesOf({ id, dataJson }: Envelope): number {
    return this.#waiting.at(-1)?.envelope.id === id ? 0 : Buffer.byteLength(dataJson);
  }

  /** Lets publishers go on without the broker's word. */
  #release(): void {
    this.#stalled = true;
    for (const { settle } of [...this.#underWay, ...this.#waiting]) settle(false);
  }

  async #pump(): Promise<void> {
    // Appends that one reply of the store finished are collected before the first call.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.maxBatch);
      for (const { bytes } of batch) this.#waitingBytes -= bytes;
      const published = await this.#send(batch);
      for (const { settle } of batch) settle(published);
    }
    this.#pumping = undefined;
  }

  async #send(batch: readonly Waiting[]): Promise<boolean> {
    this.#underWay = batch;
    this.#patience = setTimeout(() => this.#release(), this.#limits.patienceMs);
    try {
      await this.#broker.publish(batch.map(({ envelope }) => envelope));
      return true;
    } catch (cause) {
      const error = NotifyError.is(cause)
        ? cause
        : new NotifyError('BROKER_UNAVAILABLE', 'the broker failed to publish', { cause });
      this.#failed(error, batch.length);
      return false;
    } finally {
      clearTimeout(this.#patience);
      this.#underWay = [];
      this.#stalled = false;
    }
  }
}
