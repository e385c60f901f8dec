import type { Message } from './redis-connections.js';

/**
 * A broker's way through Redis, whichever form that has: it keeps the connections and the subscriptions,
 * and tells the `LinkState` of them.
 */
export interface Link {
  /** Begins to connect; goes on trying until `close`. */
  open(): void;
  /** Resolves when Redis took all messages, rejects if it cannot be said of one. */
  publish(messages: readonly Message[]): Promise<void>;
  /** Resolves when all are subscribed; rejects if not, but they stay wanted. */
  want(topics: readonly string[]): Promise<void>;
  /** Resolves when none is subscribed any more; with the connection down none is. */
  unwant(topics: readonly string[]): Promise<void>;
  /** A message to ourselves, there and back. Rejects with `BROKER_UNAVAILABLE`. */
  roundTrip(): Promise<void>;
  /** Ends at once, idempotent. */
  close(): Promise<void>;
}

/** What a link needs to know. */
export interface LinkSettings {
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
  readonly probeEveryMs: number;
  readonly probeTimeoutMs: number;
  /** Nothing is received, no subscription is made. */
  readonly publishOnly: boolean;
}

/** Takes what arrives on a topic. */
export type Receive = (topic: string, text: string) => void;
