import type { NotifyError } from '../errors/notify-error.js';

/** What an adapter can do; the contract suite tests what holds where it is absent. */
export interface DirectoryCapabilities {
  /** Nodes find one another's entries. False only for the memory directory. */
  readonly shared: boolean;
}

/** A user whose first entry in the whole directory appeared, or whose last one vanished. */
export interface PresenceChange {
  readonly userId: string;
  readonly online: boolean;
}

/** Where a directory puts what it learns. Its methods return at once and never throw. */
export interface DirectorySink {
  /**
   * This node could not be found for a while, under some or all of its users, and can be found again:
   * what was sent to them meanwhile may not have come here.
   * @param userIds - those concerned
   */
  resync(reason: string, userIds: readonly string[]): void;
  /** What a call or a sweep of this node changed; of all nodes, only the one that changed it is told. */
  presence(changes: readonly PresenceChange[]): void;
  /** The link's state changed. Called once per change, never per failed attempt. */
  status(state: DirectoryState): void;
}

/** `up`: entries are written and read. `down`: they are not, and `error` says why. */
export type DirectoryState =
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly error: NotifyError };

/** How a node takes part. */
export interface DirectoryStartOptions {
  /** The node only looks users up: it has no lease, sweeps nothing, and `add` rejects with `PUBLISH_ONLY`. */
  readonly publishOnly?: boolean | undefined;
}

/**
 * Tells which nodes hold emitters of a user, so that an envelope can be sent to just those nodes.
 *
 * Promises:
 * D1 an entry added and not removed is found, by every node, while its node's lease lives;
 * D2 entries of a node whose lease ended are not found, and vanish: where another node runs, within three
 *    leases, in bounded steps;
 * D3 adding and removing are idempotent, and the last word on a user counts;
 * D4 `where` answers in the order asked, each user's nodes once;
 * D5 a node that starts under the id of an earlier one holds none of that one's entries;
 * D6 a node that lost entries, because its lease ended or the directory lost data, adds all that it holds
 *    again, then calls `resync`;
 * D7 calls settle within a bounded time, and reject with `DIRECTORY_UNAVAILABLE` while the directory is
 *    away; what was added or removed then counts as wanted and is done once it is back;
 * D8 `presence` tells of each user whose first entry appeared or whose last one vanished, on the node
 *    that made or found it so; after lost data it may tell again what it has told before;
 * D9 leases are measured by one clock, the directory's: those of the nodes do not matter;
 * D10 `drain` takes this node's entries out; after `close`, which is idempotent, this node is not found,
 *    every call rejects with `CLOSED`, and no timer or socket of ours is left.
 *
 * Not promised: freshness beyond the lease. The store and the position check cover stale entries.
 * Called by the Notifier: `start` once, `add` when a user is first followed on this node (acknowledged
 * before positions are read), `remove` when its last emitter has been closed for a while, `where` to
 * publish. `start` resolves while the directory is unreachable (it reports `status` down and goes on
 * trying) and rejects with `DIRECTORY_UNAVAILABLE` where it is refused for good.
 */
export interface Directory {
  readonly capabilities: DirectoryCapabilities;
  start(nodeId: string, sink: DirectorySink, options?: DirectoryStartOptions): Promise<void>;
  add(userIds: readonly string[]): Promise<void>;
  remove(userIds: readonly string[]): Promise<void>;
  /** For each user, in order, the nodes that hold emitters of that user. */
  where(userIds: readonly string[]): Promise<readonly (readonly string[])[]>;
  drain(): Promise<void>;
  close(): Promise<void>;
}
