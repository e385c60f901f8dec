import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Logger } from '../ports/logger.js';
import { nextTurn } from '../time/next-turn.js';
import { ChannelLines } from './channel-lines.js';
import type { NotifyRequest, NotifyResult, WhenStoreDown } from './notify-request.js';
import { type Prepared, type Publisher, resultOf } from './publisher.js';
import { ReadyJobs } from './ready-jobs.js';
import type { StoreBreaker } from './store-breaker.js';
import { UndeliveredLog } from './undelivered-log.js';
import { type Job, Waiting, type WaitingLimits } from './waiting.js';

/** The settings of a {@link StoreQueue}. */
export interface StoreQueueLimits extends WaitingLimits {
  readonly whenStoreDown: WhenStoreDown;
  /** Notifications handed to the store at the same time. */
  readonly enqueueConcurrency: number;
  /** How long an enqueued notification that fails is tried again. */
  readonly enqueuePatienceMs: number;
  /** The same for one that `notify` has buffered. */
  readonly unstoredPatienceMs: number;
}

/** A notification that is not known to be stored: the store may have taken it without its answer arriving. */
export interface Undelivered {
  /** What `enqueue` returned, or the id in the result of `notify`. */
  readonly id: string;
  /** As it was given, with the idempotency key under which it was tried: so it can be sent again. */
  readonly request: NotifyRequest;
  readonly error: NotifyError;
}

/** What the queue works with and whom it tells. */
export interface StoreQueueContext extends StoreQueueLimits {
  readonly publisher: Publisher;
  readonly breaker: StoreBreaker;
  readonly counters: LimitCounters;
  readonly logger: Logger;
  readonly notified: (type: string, result: NotifyResult) => void;
  readonly undelivered: (undelivered: Undelivered) => void;
}

/** The first pause before another attempt, and the longest. */
const firstPauseMs = 50;
const longestPauseMs = 2_000;
const shownPerTurn = 100;

/**
 * What waits for the store: what was enqueued, and in an outage what `notify` has buffered. It is
 * published some at a time, that of one channel one after the other, each under its own idempotency key,
 * so that nothing is stored twice. While the store is down nothing is tried; what is not stored within its
 * patience is told, never dropped silently.
 */
export class StoreQueue {
  readonly #context: StoreQueueContext;
  readonly #log: UndeliveredLog;
  readonly #waiting: Waiting;
  readonly #lines = new ChannelLines<Job>();
  readonly #ready: ReadyJobs;
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #closing = new AbortController();
  #running = 0;
  #isHolding = false;
  #whenEmpty: (() => void)[] = [];

  constructor(context: StoreQueueContext) {
    this.#context = context;
    this.#log = new UndeliveredLog(context.logger);
    this.#waiting = new Waiting(context, context.counters);
    this.#ready = new ReadyJobs({
      failure: () => context.breaker.failure,
      giveUp: (job, error) => this.#leave(job, error),
    });
    context.breaker.watch(() => this.#storeTurned());
  }

  /** Notifications that are neither stored nor given up. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Those of them that the store has kept from being stored. */
  get held(): number {
    return this.#waiting.held;
  }

  /**
   * Takes a notification on and returns its id.
   * @throws NotifyError as {@link Publisher.prepare}, and `LIMIT_EXCEEDED` where too much waits
   */
  enqueue(request: NotifyRequest): string {
    const prepared = this.#context.publisher.prepareToRetry(request);
    const job = this.#add('enqueued', request, prepared);
    if (this.#buffers && this.#context.breaker.isDown) void this.#hold(job, prepared.channels);
    return prepared.content.id;
  }

  /** Whether something of one of these channels was kept from being stored, and waits. */
  holds(channels: readonly string[]): boolean {
    return this.#waiting.holds(channels);
  }

  /**
   * Takes on what `notify` could not store, and shows it meanwhile to those who can be shown it.
   * Resolves whether the broker has it.
   * @param missing - the channels where it is not stored
   * @throws NotifyError `LIMIT_EXCEEDED` where too much waits, `CLOSED`
   */
  buffer(request: NotifyRequest, prepared: Prepared, missing: readonly string[]): Promise<boolean> {
    if (this.#closing.signal.aborted) {
      throw new NotifyError('CLOSED', 'the notifier was closed before the store took this');
    }
    return this.#hold(this.#add('unstored', request, prepared), missing);
  }

  /** Resolves when all was stored or given up; nothing waits longer than the patience of `enqueue`. */
  async drain(): Promise<void> {
    this.#ready.endBy(performance.now() + this.#context.enqueuePatienceMs);
    if (this.size > 0) {
      this.#ready.endPatience();
      await new Promise<void>((resolve) => {
        this.#whenEmpty.push(resolve);
      });
    }
    this.#log.flush();
  }

  /** Gives up what is left, at once. */
  close(): void {
    this.#closing.abort();
    for (const timer of this.#pauses) clearTimeout(timer);
    this.#pauses.clear();
    this.#ready.close();
    const error = new NotifyError(
      'CLOSED',
      'the notifier was closed before the store confirmed this notification',
    );
    for (const job of this.#waiting.all()) this.#giveUp(job, error);
    this.#log.flush();
  }

  get #buffers(): boolean {
    return this.#context.whenStoreDown === 'buffer';
  }

  #add(kind: Job['kind'], request: NotifyRequest, prepared: Prepared): Job {
    const { enqueuePatienceMs, unstoredPatienceMs } = this.#context;
    const patienceMs = kind === 'enqueued' ? enqueuePatienceMs : unstoredPatienceMs;
    const job = this.#waiting.add(kind, request, prepared, performance.now() + patienceMs);
    if (this.#lines.join(job, prepared.channels)) this.#ready.add([job]);
    this.#work();
    return job;
  }

  /** While it waits what comes later for its channels waits behind it, and clients are shown it already. */
  #hold(job: Job, missing: readonly string[]): Promise<boolean> {
    this.#waiting.hold(job);
    return this.#show(job, missing);
  }

  #show(job: Job, missing: readonly string[]): Promise<boolean> {
    const { content, durable } = job.prepared;
    // Under a key of the host's it may have been stored long ago, under another id.
    const isNew = content.idempotency?.key === content.id;
    if (!durable || !isNew) return Promise.resolve(false);
    return this.#context.publisher.showProvisionally(job.prepared, missing);
  }

  /** The order stands at once; showing thousands takes more than one turn of the event loop. */
  async #holdAll(): Promise<void> {
    const jobs = this.#waiting.all().filter(({ isHeld }) => !isHeld);
    for (const job of jobs) this.#waiting.hold(job);
    for (const [i, job] of jobs.entries()) {
      if (i % shownPerTurn === shownPerTurn - 1) await nextTurn();
      if (this.#waiting.has(job)) void this.#show(job, job.prepared.channels);
    }
  }

  #storeTurned(): void {
    const { isDown } = this.#context.breaker;
    if (isDown && !this.#isHolding && this.#buffers) void this.#holdAll();
    this.#isHolding = isDown;
    this.#ready.endPatience();
    this.#work();
  }

  #work(): void {
    const { breaker, enqueueConcurrency } = this.#context;
    while (this.#running < enqueueConcurrency && breaker.admits) {
      const job = this.#ready.take();
      if (job === undefined) return;
      this.#running += 1;
      void this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const error = await this.#attempt(job);
    this.#running -= 1;
    if (this.#closing.signal.aborted) return;
    if (error === undefined) this.#leave(job);
    else if (!error.retryable) this.#leave(job, error);
    else if (this.#context.breaker.failure !== undefined) this.#ready.add([job]);
    else if (performance.now() >= this.#ready.deadlineOf(job)) this.#leave(job, error);
    else this.#pause(job);
    this.#work();
  }

  /** Undefined once it is stored, else what it failed with. */
  async #attempt(job: Job): Promise<NotifyError | undefined> {
    const { publisher } = this.#context;
    job.attempts += 1;
    try {
      const checking = job.isChecked ? undefined : publisher.check(job.prepared);
      if (checking !== undefined) await checking;
      job.isChecked = true;
      const sent = await publisher.send(job.prepared, this.#closing.signal);
      if (sent.failure === undefined && !this.#closing.signal.aborted) {
        const fields = { stored: job.prepared.durable, buffered: false };
        // Others of the channel do not wait for the broker: it gets them in order.
        void sent.published.then((published) =>
          this.#context.notified(job.request.type, resultOf(sent, { ...fields, published })),
        );
      }
      return sent.failure;
    } catch (cause) {
      if (NotifyError.is(cause)) return cause;
      return new NotifyError('STORE_UNAVAILABLE', 'publishing failed unexpectedly', { cause });
    }
  }

  #pause(job: Job): void {
    const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(job.attempts - 1, 20));
    const ms = Math.min(
      full * (0.5 + Math.random() / 2),
      this.#ready.deadlineOf(job) - performance.now(),
    );
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      this.#ready.add([job]);
      this.#work();
    }, ms);
    this.#pauses.add(timer);
  }

  /** Those behind it have their turn. */
  #leave(job: Job, error?: NotifyError): void {
    if (error === undefined) this.#forget(job);
    else this.#giveUp(job, error);
    this.#ready.add(this.#lines.leave(job));
  }

  #giveUp(job: Job, error: NotifyError): void {
    this.#forget(job);
    this.#log.undelivered(error);
    const { id, idempotency } = job.prepared.content;
    const request = idempotency ? { ...job.request, idempotencyKey: idempotency.key } : job.request;
    this.#context.undelivered({ id, request, error });
  }

  #forget(job: Job): void {
    this.#waiting.remove(job);
    if (this.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
