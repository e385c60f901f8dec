import type { AppendOutcome, Draft } from './store.js';

/** What one call of `relay` did. */
export interface Relayed {
  /** In the order in which it was appended. */
  readonly outcomes: readonly AppendOutcome[];
  /** More may be due at once. */
  readonly more: boolean;
}

/**
 * Keeps drafts that belong to a transaction of the host's in the same database, and appends them once it has
 * committed. Part of a Store: it starts, drains and closes with it.
 *
 * Promises:
 * O1 a draft is appended if and only if the transaction it was put into commits;
 * O2 it is appended once, whenever which relay is killed;
 * O3 what one transaction put for a channel is appended in that order, and what another put after that one had
 *    committed comes after it;
 * O4 several relays may run at once: they share the work, and none waits for one that hangs for longer than a
 *    bounded time;
 * O5 a draft that cannot be appended for good (`IDEMPOTENCY_CONFLICT`) is taken out, told as a failed outcome,
 *    and keeps no other from its turn;
 * O6 whoever watches is told soon after a commit; who misses that finds the drafts by calling `relay`.
 *
 * Not promised: order between channels.
 */
export interface Outbox {
  /**
   * Writes drafts as part of the transaction that `session` has open; commits nothing itself.
   * Rejects with `TRANSACTIONS_UNSUPPORTED` where the server has none, with `OPTIONS_INVALID` where `session` is
   * no session of this store's driver or has no transaction open, with the driver's own error where the
   * transaction has failed.
   * @param session - what the driver calls it: a `ClientSession` of mongodb, a client of pg
   */
  put(session: unknown, drafts: readonly Draft[]): Promise<void>;
  /**
   * Appends some of what has committed, at most `maxDrafts`, and takes it out. Rejects with `STORE_UNAVAILABLE`,
   * `NOT_STARTED` or `CLOSED`.
   */
  relay(maxDrafts: number): Promise<Relayed>;
  /** Calls `due` whenever something may have been committed, until the function that is returned is called. */
  watch(due: () => void): () => void;
}
