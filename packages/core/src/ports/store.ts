import type { NotifyError } from '../errors/notify-error.js';
import type { StoredEnvelope } from '../notification/notification.js';
import type { Position } from '../positions/position.js';
import type { DueWork } from './due-work.js';
import type { Outbox } from './outbox.js';

/** What is to be appended to one channel. The store gives it epoch and offset. */
export interface Draft {
  readonly channel: string;
  /** UUIDv7 of the notification. */
  readonly id: string;
  readonly type: string;
  readonly time: number;
  /** The data as JSON text. */
  readonly dataJson: string;
  readonly traceparent?: string;
  /**
   * A place of this log that the caller has seen given out. Where the store does not know it any more, it
   * lost data (S12). Not the origin.
   */
  readonly floor?: Position | undefined;
  readonly idempotency?: {
    /** Unique for its content on this channel; 1 to 200 characters. */
    readonly key: string;
    /** Digest of type and data, to tell a retry from a conflict. */
    readonly digest: string;
  };
  /** Changes the channel's state along with the append (S15, S16). */
  readonly change?: {
    /** Where the channel stood when the new state was worked out; the origin for the first. */
    readonly from: Position;
    /** The whole new state, as JSON text. */
    readonly stateJson: string;
  };
}

/** What a channel keeps beside its log, and where the log stands. */
export interface ChannelState {
  readonly position: Position;
  /** As the latest change left it; null where there was none. */
  readonly stateJson: string | null;
}

/**
 * What became of a draft. `appended` and `duplicate` both say where the notification stands; a
 * duplicate carries the id, type, time and data of the first append. A failed one carries
 * `IDEMPOTENCY_CONFLICT`, `HEAD_MOVED` or `STORE_UNAVAILABLE`.
 */
export type AppendOutcome =
  | { readonly status: 'appended' | 'duplicate'; readonly envelope: StoredEnvelope }
  | { readonly status: 'failed'; readonly error: NotifyError };

/** A request for the part of a channel's log after an offset. */
export interface ReadRequest {
  readonly channel: string;
  /** Items with a greater offset are wanted; 0 or more. */
  readonly after: number;
  /** At most this many items; 1 or more. */
  readonly limit: number;
  /** At most this many bytes of data, but the first two items in any case. Default: any. */
  readonly maxBytes?: number;
}

/** A consistent look at one channel's log. */
export interface LogPage {
  /** In offset order. Items that expired or were removed one by one may be absent. */
  readonly items: readonly StoredEnvelope[];
  /** The smallest offset still kept; `head.offset + 1` when nothing is. */
  readonly logStart: number;
  /** The last position given out. */
  readonly head: Position;
}

/**
 * Keeps channels' logs: the truth that brokers only announce.
 *
 * Promises:
 * S1 appends to one channel get offsets 1, 2, 3 ... without hole or repeat under one epoch, however
 *    many writers there are;
 * S2 a draft whose outcome is `appended` or `duplicate` is kept as durably as the store is configured;
 * S3 the same idempotency key and digest on one channel within the window gives `duplicate` with
 *    the first notification, another digest `IDEMPOTENCY_CONFLICT`;
 * S4 outcomes and pages come in the order of the drafts and requests, and appends of one channel in
 *    one call keep that order; one failing draft does not fail the others;
 * S5 a page is one consistent look: items, logStart and head belong together;
 * S6 the log is trimmed only as a prefix; trimming never moves the head;
 * S7 `positions` and `readAfter` see every append that finished before they were called;
 * S8 `renewEpoch` changes the epoch only while it is still the expected one, and keeps the offset, so
 *    that no offset is ever given out twice under one epoch;
 * S9 a channel that was never appended to stands at the origin position and reading it creates nothing;
 * S10 after an append a log holds at most `maxCount` notifications and `maxBytes` of data, as its channel's
 *    retention says, the newest always among them;
 * S11 nothing older than `maxAgeMs` is served, appended to or not; age is told by one clock, the store's;
 * S12 a draft with a `floor` of the log's epoch is never placed at or before that floor under that epoch:
 *    where the head is before the floor, or another notification stands there, the draft begins a new
 *    epoch, and offsets count on;
 * S13 a page ends before its data takes more than `maxBytes`, but not before its first two items: whoever
 *    reads on from an item that it knows gets further;
 * S14 an envelope carries in `previousTag` the tag that the head had when it was appended: that of the
 *    notification before it, `NO_TAG` for the first of a log, and for the first of a new epoch (S8, S12) that
 *    of the head as it was kept. It outlives the one before it, and a duplicate has that of the first append;
 * S15 a draft with a `change` is appended only where the head is `change.from`, else it fails with
 *    `HEAD_MOVED` and nothing changes: of several writers that start from one position one succeeds;
 * S16 `states` gives a channel's state with the position that belongs to it, in one look. The state outlives the
 *    notification that brought it, whatever the retention, as long as the head.
 *
 * Not promised: order between channels, transactions over several channels, speed of old pages, and the state
 * of a channel that is appended to without `change`, too.
 * Called by the Notifier: `append` for each notify, `positions` at attach and periodically,
 * `readAfter` to catch up and to mend holes. When the store cannot answer, `readAfter`, `positions`,
 * `states` and `renewEpoch` reject with `STORE_UNAVAILABLE` within a bounded time, and so does `start` where
 * the first contact fails for good.
 */
export interface Store {
  /** Whether several nodes see the same logs through their own instance of this store. */
  readonly shared: boolean;
  /** Notifications that belong to a transaction of the host's; absent where the store has none. */
  readonly outbox?: Outbox | undefined;
  /** Work for later, done by one node; absent where the store keeps none. */
  readonly dueWork?: DueWork | undefined;
  start(): Promise<void>;
  append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]>;
  readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]>;
  positions(channels: readonly string[]): Promise<readonly Position[]>;
  states(channels: readonly string[]): Promise<readonly ChannelState[]>;
  renewEpoch(channel: string, expectedEpoch: string): Promise<Position>;
  /** Resolves when what was begun has finished. */
  drain(): Promise<void>;
  /** Ends at once, idempotent. Pending calls reject. Closes only connections that it opened. */
  close(): Promise<void>;
}
