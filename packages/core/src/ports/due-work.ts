/** Work that is due some time after it was scheduled. */
export interface ScheduledWork {
  /** Unique among all work of this store; 1 to 500 characters. */
  readonly key: string;
  /** How long from now it is due, by the store's clock; 0 or more. */
  readonly afterMs: number;
  /** What is to be done, as JSON text. */
  readonly workJson: string;
}

/** Work that this node may do until its lease ends. */
export interface LeasedWork {
  readonly key: string;
  readonly workJson: string;
  /** Names this lease; whoever has another one holds the work no more. */
  readonly lease: string;
  /** 1 for the first lease, one more for each later one. */
  readonly attempt: number;
  /** Some earlier lease ended without a word: the work may have been done, in part or whole. */
  readonly mayRepeat: boolean;
}

/** Names the lease under which something is said of work. */
export type WorkLease = Pick<LeasedWork, 'key' | 'lease'>;

/**
 * Keeps work until it is due and leases it to one node at a time. Part of a Store: it starts, drains and closes
 * with it.
 *
 * Promises:
 * W1 work is taken once it is due, by one node at a time, however many ask, the longest due first;
 * W2 scheduling a key that is there, or was finished less than a day ago, changes nothing;
 * W3 a lease that ends without `finish` or `postpone` gives the work to the next who asks, as `mayRepeat`
 *    from then on;
 * W4 `finish` and `postpone` work only under the lease that holds the work, and say whether they did; a lease
 *    that has ended holds it until another one begins;
 * W5 cancelled work is not taken any more, and its key is free again; a lease of it holds nothing from then on,
 *    but what is done under it may still be under way;
 * W6 time is told by one clock, the store's.
 *
 * Not promised: the order of work that is due within the same few milliseconds, or that several nodes take at once.
 * Calls reject with `STORE_UNAVAILABLE` in bounded time while the store is away, and may have been done then:
 * `schedule` and `cancel` can be called again, a lost answer of `take` is a lease that ends without a word.
 * Otherwise they reject with `LIMIT_EXCEEDED` where a store that is bounded can schedule no more, with
 * `NOT_STARTED` or `CLOSED`.
 */
export interface DueWork {
  schedule(work: readonly ScheduledWork[]): Promise<void>;
  /** At most `limit` pieces, each leased for `leaseMs`; maybe fewer than are due. */
  take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]>;
  /** It is done, and forgotten but for its key. Resolves whether the lease still held. */
  finish(work: WorkLease): Promise<boolean>;
  /**
   * It is due again in `afterMs`, and nothing is known to have been done. Resolves whether the lease still held.
   * @param workJson - what it is from now on; default: as before
   */
  postpone(work: WorkLease, afterMs: number, workJson?: string): Promise<boolean>;
  cancel(keys: readonly string[]): Promise<void>;
}
