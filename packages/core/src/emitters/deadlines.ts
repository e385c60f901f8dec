import type { CloseReason } from './close-reason.js';

const tickMs = 1_000;

/** What has an end: an emitter. */
export interface Mortal {
  readonly closed: boolean;
  close(reason: CloseReason): void;
}

interface Deadline {
  readonly mortal: Mortal;
  readonly reason: CloseReason;
}

/** Closes streams when their time has come, to the second, with one timer for all of them. */
export class Deadlines {
  readonly #bySecond = new Map<number, Set<Deadline>>();
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#timer = setInterval(() => this.#run(), tickMs);
    this.#timer.unref();
  }

  /**
   * Closes `mortal` with `reason` once the time has come.
   * @param at - milliseconds since 1970 UTC
   * @returns a function that forgets it
   */
  add(mortal: Mortal, at: number, reason: CloseReason): () => void {
    const second = Math.ceil(at / tickMs);
    const deadline = { mortal, reason };
    const bucket = this.#bySecond.get(second);
    if (bucket === undefined) this.#bySecond.set(second, new Set([deadline]));
    else bucket.add(deadline);
    return () => {
      const left = this.#bySecond.get(second);
      left?.delete(deadline);
      if (left?.size === 0) this.#bySecond.delete(second);
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#bySecond.clear();
  }

  #run(): void {
    const now = Date.now() / tickMs;
    for (const [second, bucket] of this.#bySecond) {
      if (second > now) continue;
      this.#bySecond.delete(second);
      for (const { mortal, reason } of bucket) if (!mortal.closed) mortal.close(reason);
    }
  }
}
