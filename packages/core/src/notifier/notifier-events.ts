import type { CloseReason } from '../emitters/close-reason.js';
import type { Emitter } from '../emitters/emitter.js';
import type { BrokerState } from '../ports/broker.js';
import type { Undelivered } from './enqueue-pool.js';
import type { NotifyResult } from './publisher.js';

/** What a notifier tells about itself. */
export type NotifierEvents = {
  /** A stream opened. */
  attached: { readonly emitter: Emitter };
  /** A stream ended; `reason` is absent where the client left. */
  detached: { readonly emitter: Emitter; readonly reason?: CloseReason };
  /** A notification was stored, or sent as ephemeral. */
  notified: { readonly type: string; readonly result: NotifyResult };
  /** What `enqueue` took on was given up: refused, or not stored within `enqueuePatienceMs`. */
  undelivered: Undelivered;
  /** The broker's link changed. */
  broker: BrokerState;
};
