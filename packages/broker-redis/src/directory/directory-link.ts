import { NotifyError } from '@realtime-notify/core';
import type { ClientEvents, ClusterSource, RedisSource } from '@realtime-notify/redis-connection';
import { directoryUnavailable } from '../driver-errors.js';
import { ClusterConnections } from './cluster-connections.js';
import type { Script } from './directory-scripts.js';
import { ScriptConnection } from './script-connection.js';

/** A script with what it is to work on: keys of one part of the directory. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

/** What became of a call. Where Redis did not answer, it may have been done. */
export type ScriptReply =
  | { readonly error: NotifyError }
  | { readonly error: null; readonly value: unknown };

/** The same in the driver's words. */
export type ScriptAnswer = readonly [error: Error | null, value: unknown];

export interface LinkSettings {
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
  readonly maxPendingCommands: number;
}

/** The way of scripts to Redis, whichever form that has. */
export interface ScriptRoute {
  /** Every part of the directory can be reached. */
  readonly isReady: boolean;
  /** Some part can be reached. */
  readonly isReachable: boolean;
  open(): void;
  /** Resolves with what was answered to each call, in order; may reject where no answer came. */
  run(calls: readonly ScriptCall[]): Promise<readonly ScriptAnswer[]>;
  close(): Promise<void>;
}

/** Runs the directory's scripts, those for one part in the order in which they are given. */
export class DirectoryLink {
  readonly #route: ScriptRoute;
  readonly #maxPendingCommands: number;
  #pending = 0;

  /**
   * @param events - `ready`: every part can be reached, by other connections than before; `lost`: some
   * part cannot be reached, called for each attempt that failed
   */
  constructor(source: RedisSource | ClusterSource, settings: LinkSettings, events: ClientEvents) {
    this.#maxPendingCommands = settings.maxPendingCommands;
    this.#route =
      'nodes' in source
        ? new ClusterConnections(source, settings, events)
        : new ScriptConnection(source, settings, events);
  }

  get isReady(): boolean {
    return this.#route.isReady;
  }

  get isReachable(): boolean {
    return this.#route.isReachable;
  }

  open(): void {
    this.#route.open();
  }

  close(): Promise<void> {
    return this.#route.close();
  }

  /** Resolves with what became of the calls, in order. Never rejects. */
  async run(calls: readonly ScriptCall[]): Promise<readonly ScriptReply[]> {
    if (calls.length === 0) return [];
    if (this.#pending + calls.length > this.#maxPendingCommands) {
      const error = directoryUnavailable(`${this.#pending} scripts wait (maxPendingCommands)`);
      return calls.map(() => ({ error }));
    }
    this.#pending += calls.length;
    try {
      const answers = await this.#route.run(calls);
      return calls.map((_, i) => replyFrom(answers[i]));
    } catch (cause) {
      return calls.map(() => ({ error: asUnanswered(cause) }));
    } finally {
      this.#pending -= calls.length;
    }
  }
}

function replyFrom([error, value]: ScriptAnswer = [new Error('Redis gave no reply'), null]) {
  if (error === null) return { error, value };
  return { error: NotifyError.is(error) ? error : directoryUnavailable('refused', error) };
}

function asUnanswered(cause: unknown): NotifyError {
  return NotifyError.is(cause) ? cause : directoryUnavailable('no answer', cause);
}
