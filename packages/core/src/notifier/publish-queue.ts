import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Envelope } from '../notification/notification.js';
import type { Broker } from '../ports/broker.js';
import { nextTurn } from '../time/next-turn.js';

interface Waiting {
  readonly envelope: Envelope;
  readonly bytes: number;
  readonly together: Together;
}

/** Envelopes of which the publisher hears together. */
interface Together {
  /** Those that the broker has not been given. */
  left: number;
  published: boolean;
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
  readonly #broker: Pick<Broker, 'publish'>;
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
  #closed = false;

  constructor(
    broker: Pick<Broker, 'publish'>,
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

  /** Resolves whether the broker has all; false also where it has not said so in time. Never rejects. */
  publish(envelopes: readonly Envelope[]): Promise<boolean> {
    if (envelopes.length === 0) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return new Promise((settle) => {
      const together: Together = { left: envelopes.length, published: true, settle };
      const refused = envelopes.filter((envelope) => !this.#add(envelope, together)).length;
      if (refused > 0) {
        this.#counters.count('publishQueue');
        this.#failed(new NotifyError('BROKER_UNAVAILABLE', 'the publish queue is full'), refused);
        given(together, refused, false);
      }
      if (this.#waiting.length > 0) this.#pumping ??= this.#pump();
      if (this.#stalled) settle(false);
    });
  }

  /** Resolves when nothing is waiting or under way. */
  async drain(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
  }

  /** Lets nobody wait any longer and sends nothing more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#patience);
    this.#release();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** False where there is no room. */
  #add(envelope: Envelope, together: Together): boolean {
    const bytes = this.#bytesOf(envelope);
    const { maxQueued, maxQueuedBytes } = this.#limits;
    if (this.#waiting.length >= maxQueued || this.#waitingBytes + bytes > maxQueuedBytes) {
      return false;
    }
    this.#waiting.push({ envelope, bytes, together });
    this.#waitingBytes += bytes;
    return true;
  }

  /** Envelopes of one notification share its data. */
  #bytesOf({ id, dataJson }: Envelope): number {
    return this.#waiting.at(-1)?.envelope.id === id ? 0 : Buffer.byteLength(dataJson);
  }

  /** Lets publishers go on without the broker's word. */
  #release(): void {
    this.#stalled = true;
    for (const { together } of [...this.#underWay, ...this.#waiting]) together.settle(false);
  }

  async #pump(): Promise<void> {
    // Appends that one reply of the store finished are collected before the first call.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.maxBatch);
      for (const { bytes } of batch) this.#waitingBytes -= bytes;
      const isPublished = await this.#send(batch);
      for (const { envelope, together } of batch) given(together, 1, isPublished(envelope));
    }
    this.#pumping = undefined;
  }

  /** Gives which of them the broker has. */
  async #send(batch: readonly Waiting[]): Promise<(envelope: Envelope) => boolean> {
    this.#underWay = batch;
    this.#patience = setTimeout(() => this.#release(), this.#limits.patienceMs);
    try {
      await this.#broker.publish(batch.map(({ envelope }) => envelope));
      return () => true;
    } catch (cause) {
      const error = NotifyError.is(cause)
        ? cause
        : new NotifyError('BROKER_UNAVAILABLE', 'the broker failed to publish', { cause });
      // Without failures that are named none of them was published.
      const unsent = error.failures && new Set(error.failures.map(({ channel }) => channel));
      const isPublished = ({ channel }: Envelope) => unsent?.has(channel) === false;
      this.#failed(error, batch.filter(({ envelope }) => !isPublished(envelope)).length);
      return isPublished;
    } finally {
      clearTimeout(this.#patience);
      this.#underWay = [];
      this.#stalled = false;
    }
  }
}

/** So many of them have been given to the broker, or cannot be. */
function given(together: Together, count: number, published: boolean): void {
  together.left -= count;
  together.published &&= published;
  if (together.left === 0) together.settle(together.published);
}
