import type { LimitCounters } from '../limits/counters.js';
import type { NotifyRequest } from './notify-request.js';
import type { Prepared } from './publisher.js';

/** How much waits at most. */
export interface WaitingLimits {
  /** Notifications of `enqueue`, */
  readonly maxEnqueued: number;
  /** and the bytes of data and channels that they hold; */
  readonly maxEnqueuedBytes: number;
  /** those that `notify` has buffered, */
  readonly maxUnstored: number;
  /** and their bytes. */
  readonly maxUnstoredBytes: number;
}

/** A notification that waits for the store. */
export interface Job {
  /** `unstored`: of `notify`, in an outage. */
  readonly kind: 'enqueued' | 'unstored';
  readonly request: NotifyRequest;
  readonly prepared: Prepared;
  readonly bytes: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  /** Its recipients exist. */
  isChecked: boolean;
  attempts: number;
  /** The store has kept it from being stored: what comes later for its channels waits behind it. */
  isHeld: boolean;
}

/** About what a place in a channel's line takes beside the name. */
const bytesPerChannel = 128;

/** What waits for the store, in the order in which it came, within bounds of its own for each kind. */
export class Waiting {
  readonly #jobs = new Set<Job>();
  readonly #taken: Readonly<Record<Job['kind'], { count: number; bytes: number }>>;
  readonly #limits: WaitingLimits;
  readonly #counters: LimitCounters;
  /** How many held ones each channel has. */
  readonly #heldOf = new Map<string, number>();
  #held = 0;

  constructor(limits: WaitingLimits, counters: LimitCounters) {
    this.#limits = limits;
    this.#counters = counters;
    this.#taken = { enqueued: { count: 0, bytes: 0 }, unstored: { count: 0, bytes: 0 } };
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** How many are held. */
  get held(): number {
    return this.#held;
  }

  all(): readonly Job[] {
    return [...this.#jobs];
  }

  has(job: Job): boolean {
    return this.#jobs.has(job);
  }

  /** @throws NotifyError `LIMIT_EXCEEDED` where there is no room */
  add(kind: Job['kind'], request: NotifyRequest, prepared: Prepared, deadline: number): Job {
    const bytes = bytesOf(prepared);
    this.#assertRoom(kind, bytes);
    const fields = { isChecked: kind === 'unstored', attempts: 0, isHeld: false };
    const job: Job = { kind, request, prepared, bytes, deadline, ...fields };
    this.#jobs.add(job);
    this.#taken[kind].count += 1;
    this.#taken[kind].bytes += bytes;
    return job;
  }

  remove(job: Job): void {
    this.#jobs.delete(job);
    this.#taken[job.kind].count -= 1;
    this.#taken[job.kind].bytes -= job.bytes;
    if (!job.isHeld) return;
    this.#held -= 1;
    for (const channel of job.prepared.channels) {
      const left = (this.#heldOf.get(channel) ?? 0) - 1;
      if (left > 0) this.#heldOf.set(channel, left);
      else this.#heldOf.delete(channel);
    }
  }

  hold(job: Job): void {
    job.isHeld = true;
    this.#held += 1;
    for (const channel of job.prepared.channels) {
      this.#heldOf.set(channel, (this.#heldOf.get(channel) ?? 0) + 1);
    }
  }

  /** Whether something of one of these channels is held. */
  holds(channels: readonly string[]): boolean {
    return this.#held > 0 && channels.some((channel) => this.#heldOf.has(channel));
  }

  #assertRoom(kind: Job['kind'], more: number): void {
    const { maxEnqueued, maxEnqueuedBytes, maxUnstored, maxUnstoredBytes } = this.#limits;
    const [max, maxBytes, options] =
      kind === 'enqueued'
        ? [maxEnqueued, maxEnqueuedBytes, ['maxEnqueued', 'maxEnqueuedBytes']]
        : [maxUnstored, maxUnstoredBytes, ['maxUnstored', 'maxUnstoredBytes']];
    const { count, bytes } = this.#taken[kind];
    if (count >= max) {
      throw this.#counters.exceeded(kind, `${max} notifications wait (${options[0]})`);
    }
    if (bytes + more > maxBytes) {
      const what = `the notifications that wait hold ${maxBytes} bytes`;
      throw this.#counters.exceeded(kind, `${what} (${options[1]})`);
    }
  }
}

function bytesOf({ channels, content }: Prepared): number {
  const bytes = Buffer.byteLength(content.dataJson) + channels.length * bytesPerChannel;
  return channels.reduce((sum, channel) => sum + Buffer.byteLength(channel), bytes);
}
