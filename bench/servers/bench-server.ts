import type { Server } from 'node:http';
import type { Data } from '../message.js';

/** What a variant's process offers to the measurement. */
export interface BenchServer {
  readonly server: Server;
  /** Sends all of them to everybody, in one tick. */
  broadcast(messages: readonly Data[]): Promise<void> | void;
  /** Sends each to its user, in one tick. */
  unicast(messages: readonly Addressed[]): Promise<void> | void;
}

/** A message for one user. */
export interface Addressed {
  readonly userId: string;
  readonly data: Data;
}

/** Makes a variant's server, not listening yet; every client must bring a JWT signed with `secret`. */
export type StartServer = (secret: string) => Promise<BenchServer> | BenchServer;

/** No heartbeat falls into a measurement, whatever the variant. */
export const heartbeatMs = 3_600_000;
