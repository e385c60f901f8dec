import { NotifyError, withinMs } from '@realtime-notify/core';
import {
  type ClientEvents,
  RedisClient,
  type RedisSource,
} from '@realtime-notify/redis-connection';
import { directoryUnavailable } from '../driver-errors.js';
import { allScripts, type Script } from './directory-scripts.js';

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

type Command = readonly [name: string, ...args: (string | number)[]];

export interface LinkSettings {
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
  readonly maxPendingCommands: number;
}

/** One connection of our own that runs the directory's scripts, in the order in which they are given. */
export class DirectoryLink {
  readonly #settings: LinkSettings;
  readonly #client: RedisClient;
  #pending = 0;

  constructor(source: RedisSource, settings: LinkSettings, events: ClientEvents) {
    this.#settings = settings;
    this.#client = new RedisClient(
      source,
      { ...settings, name: 'realtime-notify-directory' },
      events,
    );
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  open(): void {
    this.#client.open();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** Sends the calls in one write and resolves with their answers, in order. Never rejects. */
  async run(calls: readonly ScriptCall[]): Promise<readonly ScriptReply[]> {
    if (calls.length === 0) return [];
    const { maxPendingCommands } = this.#settings;
    if (this.#pending + calls.length > maxPendingCommands) {
      const error = directoryUnavailable(`${this.#pending} scripts wait (maxPendingCommands)`);
      return calls.map(() => ({ error }));
    }
    this.#pending += calls.length;
    try {
      return await this.#runKnown(calls);
    } catch (cause) {
      const error = NotifyError.is(cause) ? cause : directoryUnavailable('no answer', cause);
      return calls.map(() => ({ error }));
    } finally {
      this.#pending -= calls.length;
    }
  }

  async #runKnown(calls: readonly ScriptCall[]): Promise<readonly ScriptReply[]> {
    const results = await this.#send(calls.map(evalsha));
    const unknown = results.flatMap(([error], i) => (isUnknownScript(error) ? [i] : []));
    if (unknown.length > 0) {
      // A Redis that has just been started, or was told to forget; nothing of these calls was run.
      const loads = allScripts.map(({ source }): Command => ['script', 'LOAD', source]);
      const missing = calls.filter((_, i) => unknown.includes(i));
      const again = await this.#send([...loads, ...missing.map(evalsha)]);
      for (const [n, i] of unknown.entries()) {
        const result = again[loads.length + n];
        if (result !== undefined) results[i] = result;
      }
    }
    return calls.map((_, i): ScriptReply => {
      const [error = new Error('Redis gave no reply'), value] = results[i] ?? [];
      return error === null ? { error, value } : { error: directoryUnavailable('refused', error) };
    });
  }

  async #send(commands: readonly Command[]): Promise<[error: Error | null, value: unknown][]> {
    if (!this.#client.isReady) {
      throw directoryUnavailable('the link to Redis is down', this.#client.lastError);
    }
    const pipeline = this.#client.redis.pipeline();
    for (const [name, ...args] of commands) pipeline.call(name, ...args);
    const { commandTimeoutMs } = this.#settings;
    const late = () => directoryUnavailable(`no answer within ${commandTimeoutMs} ms`);
    return (await withinMs(pipeline.exec(), commandTimeoutMs, late)) ?? [];
  }
}

function evalsha({ script, keys, args }: ScriptCall): Command {
  return ['evalsha', script.sha, keys.length, ...keys, ...args];
}

function isUnknownScript(error: Error | null): boolean {
  return error?.message.startsWith('NOSCRIPT') ?? false;
}
