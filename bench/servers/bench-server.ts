import type { Server } from 'node:http';
import type { Data } from '../message.js';

/** What a variant's process offers to the measurement. */
export interface BenchServer {
  readonly server: Server;
  /** Sends all of them to everybody, in one tick. */
  broadcast(messages: readonly Data[]): Promise<void> | void;
  /** Sends each to its user, in one tick. */
  unicast(messages: readonly Addressed[]): Promise<void> | void;
  /** Sends one message to many users by one call; resolves when that is done. */
  toAudience?(audience: AudienceMessage): Promise<void>;
}

/** A message for many users. */
export interface AudienceMessage {
  readonly users: readonly string[];
  readonly data: Data;
  readonly idempotencyKey?: string;
}

/** A message for one user. */
export interface Addressed {
  readonly userId: string;
  readonly data: Data;
}

/**
 * Makes a variant's server, not listening yet; every client must bring a JWT signed with `secret`.
 * `redisUrl` is of a Redis that nobody else uses, for a variant that asks for one.
 */
export type StartServer = (
  secret: string,
  redisUrl: string | undefined,
) => Promise<BenchServer> | BenchServer;

/** No heartbeat falls into a measurement, whatever the variant. */
export const heartbeatMs = 3_600_000;
