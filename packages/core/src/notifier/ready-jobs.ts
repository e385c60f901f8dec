import type { NotifyError } from '../errors/notify-error.js';
import type { Job } from './waiting.js';

/** What {@link ReadyJobs} work with. */
export interface ReadyJobsContext {
  /** Why the store takes nothing; undefined while it does. */
  readonly failure: () => NotifyError | undefined;
  /** Told of each whose patience has ended; may add others meanwhile. */
  readonly giveUp: (job: Job, error: NotifyError) => void;
}

/** Those whose attempt is due, first come first served. While the store is down they wait as long as their patience. */
export class ReadyJobs {
  readonly #context: ReadyJobsContext;
  readonly #jobs: Job[] = [];
  /** Ends the patience of the first of them, while the store is down. */
  #timer: NodeJS.Timeout | undefined;
  #timerEndsAt = Number.POSITIVE_INFINITY;
  #latest = Number.POSITIVE_INFINITY;

  constructor(context: ReadyJobsContext) {
    this.#context = context;
  }

  /** Their attempt is due, as soon as the store takes it. */
  add(jobs: readonly Job[]): void {
    this.#jobs.push(...jobs);
    if (this.#context.failure() === undefined) return;
    for (const job of jobs) this.#planEnd(this.deadlineOf(job));
  }

  /** The first, which is not among them any more. */
  take(): Job | undefined {
    return this.#jobs.shift();
  }

  /** When the patience of a job ends, on the clock of `performance.now()`. */
  deadlineOf({ deadline }: Job): number {
    return Math.min(deadline, this.#latest);
  }

  /** Nobody's patience is longer from now on: the node is going away. */
  endBy(latest: number): void {
    this.#latest = latest;
  }

  /** While the store is down, gives up those who have waited long enough. */
  endPatience(): void {
    clearTimeout(this.#timer);
    // Until this is done no other call does the same: listeners may enqueue again.
    this.#timerEndsAt = Number.NEGATIVE_INFINITY;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    let failure = this.#context.failure();
    for (let i = 0; failure !== undefined && i < this.#jobs.length; ) {
      const job = this.#jobs[i];
      if (job !== undefined && this.deadlineOf(job) <= now) {
        this.#jobs.splice(i, 1);
        this.#context.giveUp(job, failure);
      } else {
        if (job !== undefined) next = Math.min(next, this.deadlineOf(job));
        i += 1;
      }
      failure = this.#context.failure();
    }
    this.#timerEndsAt = Number.POSITIVE_INFINITY;
    if (next < Number.POSITIVE_INFINITY) this.#planEnd(next);
  }

  /** Forgets all of them. */
  close(): void {
    clearTimeout(this.#timer);
    this.#jobs.length = 0;
  }

  #planEnd(endsAt: number): void {
    if (endsAt >= this.#timerEndsAt) return;
    clearTimeout(this.#timer);
    this.#timerEndsAt = endsAt;
    this.#timer = setTimeout(() => this.endPatience(), endsAt - performance.now());
  }
}
