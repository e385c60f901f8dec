import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Logger } from '../ports/logger.js';
import { EnqueueLines } from './enqueue-lines.js';
import { EnqueueLog } from './enqueue-log.js';
import {
  type NotifyRequest,
  type NotifyResult,
  type Placed,
  type Prepared,
  type Publisher,
  resultOf,
} from './publisher.js';

/** The bounds of an {@link EnqueuePool}. */
export interface EnqueueLimits {
  /** Notifications that are not stored yet, */
  readonly maxEnqueued: number;
  /** and the bytes of data and channels that they hold at most. */
  readonly maxEnqueuedBytes: number;
  /** Notifications handed to the store at the same time. */
  readonly enqueueConcurrency: number;
  /** How long after `add` a failure is tried again. */
  readonly enqueuePatienceMs: number;
}

/** What an enqueued notification came to nothing with. */
export interface Undelivered {
  /** What `enqueue` returned. */
  readonly id: string;
  readonly request: NotifyRequest;
  readonly error: NotifyError;
}

/** What the pool works with and whom it tells. */
export interface EnqueueContext extends EnqueueLimits {
  readonly publisher: Publisher;
  readonly counters: LimitCounters;
  readonly logger: Logger;
  readonly notified: (type: string, result: NotifyResult) => void;
  readonly undelivered: (undelivered: Undelivered) => void;
}

interface Job {
  readonly request: NotifyRequest;
  readonly prepared: Prepared;
  readonly bytes: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/** The first pause before another attempt, and the longest. */
const firstPauseMs = 50;
const longestPauseMs = 2_000;
/** About what a place in a channel's line takes beside the name. */
const bytesPerChannel = 128;

/**
 * Publishes in the background what callers do not wait for: some at a time, those of one channel one
 * after the other. What fails for the moment is tried again, with an idempotency key, so that nothing is
 * stored twice. What is left in the end is told, never dropped silently.
 */
export class EnqueuePool {
  readonly #context: EnqueueContext;
  readonly #log: EnqueueLog;
  readonly #jobs = new Set<Job>();
  readonly #lines = new EnqueueLines<Job>();
  readonly #ready: Job[] = [];
  readonly #pauses = new Map<NodeJS.Timeout, () => void>();
  #bytes = 0;
  #running = 0;
  /** What the last attempt of all failed with, where another could help. */
  #outage: NotifyError | undefined;
  #whenEmpty: (() => void)[] = [];

  constructor(context: EnqueueContext) {
    this.#context = context;
    this.#log = new EnqueueLog(context.logger);
  }

  /** Notifications that are neither stored nor given up. */
  get size(): number {
    return this.#jobs.size;
  }

  /**
   * Takes a notification on and returns its id.
   * @throws NotifyError as {@link Publisher.prepare}, and `LIMIT_EXCEEDED` where the pool is full
   */
  add(request: NotifyRequest): string {
    const prepared = this.#context.publisher.prepareToRetry(request);
    const bytes = bytesOf(prepared);
    this.#assertRoom(bytes);
    const deadline = performance.now() + this.#context.enqueuePatienceMs;
    const job: Job = { request, prepared, bytes, deadline };
    this.#jobs.add(job);
    this.#bytes += bytes;
    if (this.#lines.join(job, prepared.channels)) this.#ready.push(job);
    this.#work();
    return prepared.content.id;
  }

  /** Resolves when all was stored or given up. */
  async drain(): Promise<void> {
    if (this.#jobs.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty.push(resolve);
      });
    }
    this.#log.flush();
  }

  /** Gives up what is left, at once. */
  close(): void {
    const error = new NotifyError(
      'CLOSED',
      'the notifier was closed before the store confirmed this notification',
    );
    this.#ready.length = 0;
    for (const job of [...this.#jobs]) this.#giveUp(job, error);
    this.#log.flush();
    for (const [timer, resume] of this.#pauses) {
      clearTimeout(timer);
      resume();
    }
    this.#pauses.clear();
  }

  #assertRoom(bytes: number): void {
    const { maxEnqueued, maxEnqueuedBytes, counters } = this.#context;
    if (this.#jobs.size >= maxEnqueued) {
      throw counters.exceeded('enqueued', `${maxEnqueued} notifications wait (maxEnqueued)`);
    }
    if (this.#bytes + bytes > maxEnqueuedBytes) {
      throw counters.exceeded(
        'enqueued',
        `the notifications that wait hold ${maxEnqueuedBytes} bytes (maxEnqueuedBytes)`,
      );
    }
  }

  #work(): void {
    while (this.#running < this.#context.enqueueConcurrency) {
      const job = this.#ready.shift();
      if (job === undefined) return;
      this.#running += 1;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const error = await this.#store(job);
    this.#running -= 1;
    if (error !== undefined) this.#giveUp(job, error);
    else this.#forget(job);
    this.#ready.push(...this.#lines.leave(job));
    this.#work();
  }

  /** Undefined once it is stored, else what it failed with in the end. */
  async #store(job: Job): Promise<NotifyError | undefined> {
    // During an outage the patience of those that wait ends with that of the one that is tried.
    if (this.#outage !== undefined && performance.now() >= job.deadline) return this.#outage;
    for (let attempt = 1; this.#jobs.has(job); attempt += 1) {
      const isLast = performance.now() >= job.deadline;
      const error = await this.#attempt(job);
      this.#outage = error?.retryable === true ? error : undefined;
      if (error === undefined || !error.retryable || isLast) return error;
      await this.#pause(attempt, job.deadline);
    }
    return undefined;
  }

  async #attempt(job: Job): Promise<NotifyError | undefined> {
    const { publisher } = this.#context;
    try {
      const placed = await publisher.place(job.prepared);
      if (!this.#jobs.has(job)) return undefined;
      const announced = publisher.announce(placed);
      if (placed.failure !== undefined) return placed.failure;
      void this.#tell(job.request.type, placed, announced);
      return undefined;
    } catch (cause) {
      if (NotifyError.is(cause)) return cause;
      return new NotifyError('STORE_UNAVAILABLE', 'the store failed unexpectedly', { cause });
    }
  }

  /** Others of the channel do not wait for the broker: it gets them in order. */
  async #tell(type: string, placed: Placed, announced: Promise<boolean>): Promise<void> {
    this.#context.notified(type, resultOf(placed, await announced));
  }

  #pause(attempt: number, deadline: number): Promise<void> {
    const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt - 1, 20));
    const ms = Math.min(full * (0.5 + Math.random() / 2), deadline - performance.now());
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pauses.delete(timer);
        resolve();
      }, ms);
      this.#pauses.set(timer, resolve);
    });
  }

  #giveUp(job: Job, error: NotifyError): void {
    if (!this.#forget(job)) return;
    this.#log.undelivered(error);
    this.#context.undelivered({ id: job.prepared.content.id, request: job.request, error });
  }

  /** Makes room; false where that was done before. */
  #forget(job: Job): boolean {
    if (!this.#jobs.delete(job)) return false;
    this.#bytes -= job.bytes;
    if (this.#jobs.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
    return true;
  }
}

function bytesOf({ channels, content }: Prepared): number {
  const bytes = Buffer.byteLength(content.dataJson) + channels.length * bytesPerChannel;
  return channels.reduce((sum, channel) => sum + Buffer.byteLength(channel), bytes);
}
