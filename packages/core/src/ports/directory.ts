/**
 * Tells which nodes hold emitters of a user, so that an envelope can be sent to just those nodes.
 *
 * Promises: D1 an entry added and not removed is found while its node's lease lives; D2 entries of a
 * node whose lease ended are not found; D3 adding and removing are idempotent.
 * Not promised: freshness beyond the lease. The store and the position check cover stale entries.
 * Called by the Notifier when a user's first emitter on this node opens and its last one closes.
 */
export interface Directory {
  start(nodeId: string): Promise<void>;
  add(userIds: readonly string[]): Promise<void>;
  remove(userIds: readonly string[]): Promise<void>;
  /** For each user, in order, the nodes that hold emitters of that user. */
  where(userIds: readonly string[]): Promise<readonly (readonly string[])[]>;
  drain(): Promise<void>;
  close(): Promise<void>;
}
