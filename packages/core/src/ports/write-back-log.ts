import type { AppendOutcome, Draft } from './store.js';

/** A draft that waits outside of the store; its idempotency key is what keeps it from being appended twice. */
export type LoggedDraft = Omit<Draft, 'floor' | 'change'>;

/**
 * Appends drafts to the store and shows them, with an outcome for each. What failed with a `retryable` error is
 * to be replayed again, before anything else of its channel; what follows it in the call has failed, too. Rejects
 * where nothing can be said of any of them, as on a node that is going away: then all are.
 */
export type Replay = (drafts: readonly LoggedDraft[]) => Promise<readonly AppendOutcome[]>;

/**
 * Keeps drafts durably while the store is down, outside of it, and has them replayed by whichever node once it
 * is back.
 *
 * Promises:
 * L1 what `append` has resolved for outlives this node, unchanged, and is replayed;
 * L2 drafts of a channel are replayed in the order in which this node's appends were called one after the other,
 *    by one node at a time, but for the call that one is in the middle of when another takes over;
 * L3 `replayed` resolves once all that this node had appended before the call was replayed, wherever;
 * L4 what failed with a retryable error, or in a replay that rejected or was not finished, is replayed again before
 *    what follows it in its channel; what failed for good is not, and holds nothing up;
 * L5 a node that was started without a replay only appends, and asks.
 *
 * Not promised: order between nodes; that each draft is replayed once (its idempotency key sees to that).
 * Called by the Notifier; `append` only while the store is down, or drafts of the channel may still wait.
 */
export interface WriteBackLog {
  /**
   * Resolves also while the log is away, which it goes on trying to reach; rejects where trying again cannot help.
   * @param replay - undefined on a node that takes no part in replaying
   */
  start(replay: Replay | undefined): Promise<void>;
  /**
   * Resolves when the log has all of them. Rejects with `BROKER_UNAVAILABLE`, with `BROKER_CONFIGURATION` where
   * trying again cannot help, `NOT_STARTED` or `CLOSED`; some may be there all the same.
   */
  append(drafts: readonly LoggedDraft[]): Promise<void>;
  /** Rejects with `BROKER_UNAVAILABLE` where the log cannot tell, and with `CLOSED` once it is closed. */
  replayed(): Promise<void>;
  /** Replays nothing more; resolves when what was begun has ended. Appends are taken still. */
  drain(): Promise<void>;
  /** Ends at once, idempotent. */
  close(): Promise<void>;
}
