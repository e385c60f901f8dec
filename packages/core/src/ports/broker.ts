import type { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';

/** What an adapter can do; the contract suite tests that what is absent is refused or needless. */
export interface BrokerCapabilities {
  /** Joins several nodes. False only for the memory broker. */
  readonly remote: boolean;
  /**
   * `interest`: a node receives the channels that it subscribed to.
   * `fanout`: every node receives everything; `subscribe` and `unsubscribe` do nothing.
   */
  readonly routing: 'interest' | 'fanout';
  /** Can send envelopes to the nodes that a Directory names: has `publishTo`. Default: false. */
  readonly directed?: boolean;
}

/** An envelope and the nodes that it is for. */
export interface DirectedEnvelope {
  readonly envelope: Envelope;
  /** Node ids, as given to `start`; at least one, none twice, never the sender's own. */
  readonly nodeIds: readonly string[];
}

/** Where a broker puts what it learns. Its methods return at once and never throw. */
export interface BrokerSink {
  /** Envelopes that arrived together, handed over together. The publisher's own may be among them. */
  receive(envelopes: readonly Envelope[]): void;
  /**
   * Envelopes may have been lost while the link was down or behind; the subscriptions stand again.
   * @param channels - those concerned; all when absent
   */
  resync(reason: string, channels?: readonly string[]): void;
  /** The link's state changed. Called once per change, never per failed attempt. */
  status(state: BrokerState): void;
}

/** `up`: publish and receive work. `down`: one of them does not, and `error` says why. */
export type BrokerState =
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly error: NotifyError };

/** How a node takes part. */
export interface BrokerStartOptions {
  /**
   * The node only publishes: nothing is received, no subscription, tail or consumer is opened, and
   * `subscribe` rejects with `PUBLISH_ONLY`. `status` is still reported. Default false.
   */
  readonly publishOnly?: boolean | undefined;
  /** Names this node to the others: what is sent to it by `publishTo` is received here. */
  readonly nodeId?: string | undefined;
}

/**
 * Carries envelopes to the other nodes. A wake-up, not the truth: the Store is.
 *
 * Promises:
 * B1 an envelope published while the link is up reaches every subscribed node at least once, fields
 *    unchanged, ephemeral and provisional ones (offset null) too;
 * B2 what is published after `subscribe` resolved, on any node, is received (link up);
 * B3 envelopes of one channel that one node published are received in publish order (link up);
 * B4 after an interruption the subscriptions are restored, then `resync` is called, then `status` up;
 * B5 `publish` settles within a bounded time; it rejects with `BROKER_UNAVAILABLE` when it cannot
 *    say that the broker has them all (`failures`, where it has any, name the channels of those it has
 *    not), and never queues without limit;
 * B6 foreign or malformed bytes are dropped with one log line and never reach the sink;
 * B7 a dead broker never throws out of band: no unhandled rejection, no unheard `error`;
 * B8 nothing is received after `close` resolved, and no timer or socket of ours is left;
 * B9 a node started with `publishOnly` reaches the others and receives nothing;
 * B10 what is sent by `publishTo` (where `directed`) after the other node's `start` resolved (link up) reaches that
 *    node at least once and no other, in the order of B3 per channel, and settles as B5 says; nothing is
 *    sent to other nodes, and a node that is gone takes nothing and stops nobody.
 *
 * Not promised: order across publishers, exactly-once, delivery while the link is down.
 * Called by the Notifier: `start` once, `publish` with one call under way at a time,
 * `subscribe`/`unsubscribe` as channels gain their first and lose their last emitter. `start` resolves
 * while the broker is still unreachable (it reports `status` down and goes on trying) and rejects with
 * `BROKER_CONFIGURATION` for what trying again cannot mend. `subscribe` resolves only when the
 * broker acknowledged; while the link is down it rejects with `BROKER_UNAVAILABLE`, but the channels
 * count as wanted and are subscribed, and resynced, once the link is back.
 */
export interface Broker {
  readonly capabilities: BrokerCapabilities;
  start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void>;
  publish(envelopes: readonly Envelope[]): Promise<void>;
  /** Present exactly where `capabilities.directed`. One call of it or of `publish` is under way at a time. */
  publishTo?(directed: readonly DirectedEnvelope[]): Promise<void>;
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /** A round trip to the broker and back, for readiness. Rejects with `BROKER_UNAVAILABLE`. */
  probe(): Promise<void>;
  /** Resolves when what was accepted by `publish` is at the broker, or cannot be. */
  drain(): Promise<void>;
  /** Ends at once, idempotent. Closes only connections that it opened. */
  close(): Promise<void>;
}
