import type { CloseReason } from '../emitters/close-reason.js';
import type { Emitter } from '../emitters/emitter.js';
import type { Unescalated } from '../escalation/escalation-turn.js';
import type { BrokerState } from '../ports/broker.js';
import type { DirectoryState, PresenceChange } from '../ports/directory.js';
import type { NotifyResult } from './notify-request.js';
import type { StoreState } from './store-breaker.js';
import type { Undelivered } from './store-queue.js';

/** What a notifier tells about itself. */
export type NotifierEvents = {
  /** A stream opened. */
  attached: { readonly emitter: Emitter };
  /** A stream ended; `reason` is absent where the client left. */
  detached: { readonly emitter: Emitter; readonly reason?: CloseReason };
  /** A notification was stored, or sent as ephemeral; for a buffered one, once it is stored. */
  notified: { readonly type: string; readonly result: NotifyResult };
  /**
   * What `enqueue` took on, or `notify` has buffered, is not tried any more: refused, or not known to be stored within
   * `enqueuePatienceMs` or `unstoredPatienceMs`.
   */
  undelivered: Undelivered;
  /** A hook of `escalation` is not called any more for a user whom it was to tell: told on the node that gave up. */
  unescalated: Unescalated;
  /**
   * A user came online: nobody knew of a stream of theirs, on any node. Or went offline: the last one has
   * been closed for `feedGraceMs`, or its node is gone. Told on the one node that noticed.
   */
  presence: PresenceChange;
  /** The directory's link changed. */
  directory: DirectoryState;
  /** The broker's link changed. */
  broker: BrokerState;
  /** The store stopped taking appends, or takes them again. */
  store: StoreState;
};
