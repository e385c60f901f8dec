import type { Logger } from '@realtime-notify/core';
import type { RedisSource } from '@realtime-notify/redis-connection';
import { type LinkSettings, RedisLink, type RedisReply } from './redis-link.js';
import { type Call, ScriptRunner } from './script-runner.js';

/** The store's way to Redis, whichever form that has. */
export interface RedisCalls {
  /** Resolves when Redis is ready; rejects after `startTimeoutMs` or when it refuses us for good. */
  open(): Promise<void>;
  /** Resolves with what became of each call, in order. */
  run(calls: readonly Call[]): Promise<readonly RedisReply[]>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** One server, or the master that Sentinels name. */
export class SingleCalls implements RedisCalls {
  readonly #link: RedisLink;
  readonly #scripts: ScriptRunner;

  constructor(source: RedisSource, settings: LinkSettings, logger: Logger) {
    this.#link = new RedisLink(source, settings, logger);
    this.#scripts = new ScriptRunner(this.#link);
  }

  open(): Promise<void> {
    return this.#link.open();
  }

  run(calls: readonly Call[]): Promise<readonly RedisReply[]> {
    return this.#scripts.run(calls);
  }

  drain(): Promise<void> {
    return this.#link.drain();
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
