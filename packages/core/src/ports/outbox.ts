import type { AppendOutcome, Draft } from './store.js';

/**
 * A draft that is appended some time after its transaction has committed: a floor, or a change of the channel's
 * state, that was worked out before means nothing by then.
 */
export type OutboxDraft = Omit<Draft, 'floor' | 'change'>;

/** What one call of `relay` did. */
export interface Relayed {
  /** What it has taken out, in the order in which it was appended. */
  readonly drafts: readonly OutboxDraft[];
  /** What became of each. */
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
 * O5 a draft that cannot be appended for good (`IDEMPOTENCY_CONFLICT`) is taken out, told once as a failed
 *    outcome, and keeps no other from its turn;
 * O6 whoever watches is told soon after a commit; who misses that finds the drafts by calling `relay`;
 * O7 transactions that are open side by side and put for the same channels do not wait for one another.
 *
 * Not promised: order between channels, or of transactions that ran side by side; that whoever relayed it lives
 * to tell the outcome. Outcomes are `appended`, `duplicate` or `IDEMPOTENCY_CONFLICT`; what fails for the moment
 * stays.
 * Called by the Notifier: `put` for a `notify` with a session; `relay` by the relay of each node, when it is told
 * and periodically.
 */
export interface Outbox {
  /**
   * Writes drafts as part of the transaction that `session` has open; commits nothing itself.
   * Rejects with `TRANSACTIONS_UNSUPPORTED` where the server has none, with `OPTIONS_INVALID` where `session` is
   * no session of this store's driver or has no transaction open, with `CLOSED` after `close`. Rejects with the
   * driver's own error where the transaction has failed, and with `STORE_UNAVAILABLE` where the session gives no
   * answer within a bounded time, or the store none: then the host rolls back.
   * @param session - what the driver calls it: a `ClientSession` of mongodb, a client of pg
   */
  put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void>;
  /**
   * Appends some of what has committed, at most `maxDrafts`, and takes it out. Rejects within a bounded time with
   * `STORE_UNAVAILABLE`, at once with `NOT_STARTED` or `CLOSED`.
   */
  relay(maxDrafts: number): Promise<Relayed>;
  /**
   * Calls `due` whenever something may have been committed, on any node, until the function that is returned is
   * called or the store is closed. `due` throws nothing.
   */
  watch(due: () => void): () => void;
}
