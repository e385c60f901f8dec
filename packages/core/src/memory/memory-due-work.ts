import { OldestFirst } from '../collections/oldest-first.js';
import { NotifyError } from '../errors/notify-error.js';
import type { DueWork, LeasedWork, ScheduledWork, WorkLease } from '../ports/due-work.js';

/** How long the key of finished work is remembered. */
const rememberedMs = 86_400_000;

interface Work {
  readonly key: string;
  workJson: string;
  /** When it can be taken: it is due, or its lease has ended. */
  freeAt: number;
  lease: string | undefined;
  attempt: number;
  mayRepeat: boolean;
}

/** The DueWork of the memory store. It has no timer: ended leases and finished keys are seen when it is next used. */
export class MemoryDueWork implements DueWork {
  readonly #maxWork: number;
  readonly #mustBeOpen: () => void;
  readonly #work = new Map<string, Work>();
  /** The same, the first free first. */
  readonly #queue: Work[] = [];
  /** Finished keys, and until when each is remembered. */
  readonly #finished = new OldestFirst<string, number>();
  #leases = 0;

  /** @param maxWork - pieces of work, and as many finished keys, the oldest of which make room */
  constructor(maxWork: number, mustBeOpen: () => void) {
    this.#maxWork = maxWork;
    this.#mustBeOpen = mustBeOpen;
  }

  async schedule(work: readonly ScheduledWork[]): Promise<void> {
    this.#mustBeOpen();
    this.#forgetFinished();
    for (const { key, afterMs, workJson } of work) {
      if (this.#work.has(key) || this.#finished.has(key)) continue;
      if (this.#work.size >= this.#maxWork) {
        throw new NotifyError(
          'LIMIT_EXCEEDED',
          `${this.#maxWork} pieces of work wait (maxDueWork)`,
        );
      }
      const fresh = { lease: undefined, attempt: 0, mayRepeat: false };
      const one: Work = { key, workJson, freeAt: now() + afterMs, ...fresh };
      this.#work.set(key, one);
      this.#enqueue(one);
    }
  }

  async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    this.#mustBeOpen();
    const at = now();
    const free = this.#countFree((freeAt) => freeAt <= at);
    return this.#queue.splice(0, Math.min(limit, free)).map((one) => {
      one.mayRepeat ||= one.lease !== undefined;
      one.attempt += 1;
      this.#leases += 1;
      const lease = String(this.#leases);
      one.lease = lease;
      one.freeAt = at + leaseMs;
      this.#enqueue(one);
      const { key, workJson, attempt, mayRepeat } = one;
      return Object.freeze({ key, workJson, lease, attempt, mayRepeat });
    });
  }

  async finish(work: WorkLease): Promise<boolean> {
    this.#mustBeOpen();
    const held = this.#held(work);
    if (held === undefined) return false;
    this.#remove(held);
    this.#finished.set(held.key, now() + rememberedMs);
    const oldest = this.#finished.size > this.#maxWork ? this.#finished.oldest() : undefined;
    if (oldest !== undefined) this.#finished.delete(oldest[0]);
    return true;
  }

  async postpone(work: WorkLease, afterMs: number, workJson?: string): Promise<boolean> {
    this.#mustBeOpen();
    const held = this.#held(work);
    if (held === undefined) return false;
    this.#dequeue(held);
    held.lease = undefined;
    held.freeAt = now() + afterMs;
    held.workJson = workJson ?? held.workJson;
    this.#enqueue(held);
    return true;
  }

  async cancel(keys: readonly string[]): Promise<void> {
    this.#mustBeOpen();
    for (const key of keys) {
      const work = this.#work.get(key);
      if (work !== undefined) this.#remove(work);
    }
  }

  #held({ key, lease }: WorkLease): Work | undefined {
    const work = this.#work.get(key);
    return work?.lease === lease ? work : undefined;
  }

  #remove(work: Work): void {
    this.#work.delete(work.key);
    this.#dequeue(work);
  }

  #dequeue(work: Work): void {
    this.#queue.splice(
      this.#queue.indexOf(
        work,
        this.#countFree((at) => at < work.freeAt),
      ),
      1,
    );
  }

  #enqueue(work: Work): void {
    this.#queue.splice(
      this.#countFree((at) => at <= work.freeAt),
      0,
      work,
    );
  }

  /** How many there are from the first on whose time counts as early. */
  #countFree(isEarly: (freeAt: number) => boolean): number {
    let [low, high] = [0, this.#queue.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const one = this.#queue[middle];
      if (one !== undefined && isEarly(one.freeAt)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetFinished(): void {
    let oldest = this.#finished.oldest();
    while (oldest !== undefined && oldest[1] <= now()) {
      this.#finished.delete(oldest[0]);
      oldest = this.#finished.oldest();
    }
  }
}

/** Milliseconds that nobody sets back. */
function now(): number {
  return performance.now();
}
