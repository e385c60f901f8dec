import type { MsRange } from '../random/seeded-random.js';

/** How the store that the nodes share is hurt. All of it lasts until `recover`, or cannot be undone. */
export interface StoreFaults {
  /**
   * Calls reject with `STORE_UNAVAILABLE`. With `refused` nothing is done; with `unanswered` all is done
   * and only the answer is lost, so that an append may be retried that is stored already.
   * @param share - of all calls, 0 to 1; default 1
   */
  fail(how?: 'refused' | 'unanswered', share?: number): void;
  /** Each call takes so long, in milliseconds, or a random time of a range. */
  slow(ms: number | MsRange): void;
  /** Forgets the newest `count` items of a channel, as after a failover to a replica that was behind. */
  loseTail(channel: string, count: number): void;
  /** Forgets every channel, as `FLUSHALL` does. */
  loseEverything(): void;
  /** Forgets the oldest `count` items of a channel, as retention does. */
  trim(channel: string, count: number): void;
  /** Answers again, and at once. What was lost stays lost. */
  recover(): void;
}
