import { withinMs } from '@realtime-notify/core';
import {
  type ClientEvents,
  RedisClient,
  type RedisSource,
} from '@realtime-notify/redis-connection';
import { directoryUnavailable } from '../driver-errors.js';
import type { LinkSettings, ScriptAnswer, ScriptCall, ScriptRoute } from './directory-link.js';
import { allScripts } from './directory-scripts.js';

type Command = readonly [name: string, ...args: (string | number)[]];

/** One connection of our own to one server. Runs scripts in the order in which they are given. */
export class ScriptConnection implements ScriptRoute {
  readonly #commandTimeoutMs: number;
  readonly #client: RedisClient;

  constructor(source: RedisSource, settings: LinkSettings, events: ClientEvents) {
    this.#commandTimeoutMs = settings.commandTimeoutMs;
    const name = 'realtime-notify-directory';
    this.#client = new RedisClient(source, { ...settings, name }, events);
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  get isReachable(): boolean {
    return this.#client.isReady;
  }

  open(): void {
    this.#client.open();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /**
   * One write; rejects when the link is down or nothing is answered in time.
   * @param asking - the node of a Cluster is to do them although their slot is another's
   */
  async run(calls: readonly ScriptCall[], asking = false): Promise<readonly ScriptAnswer[]> {
    const answers = await this.#send([], calls, asking);
    const unknown = answers.flatMap(([error], i) => (isUnknownScript(error) ? [i] : []));
    if (unknown.length === 0) return answers;
    // A Redis that has just been started, or was told to forget; nothing of these calls was run.
    const loads = allScripts.map(({ source }): Command => ['script', 'LOAD', source]);
    const missing = calls.filter((_, i) => unknown.includes(i));
    const again = await this.#send(loads, missing, asking);
    return answers.map((answer, i) => again[unknown.indexOf(i)] ?? answer);
  }

  /** Resolves with the answers to the calls only. */
  async #send(
    loads: readonly Command[],
    calls: readonly ScriptCall[],
    asking: boolean,
  ): Promise<readonly ScriptAnswer[]> {
    if (!this.#client.isReady) {
      throw directoryUnavailable('the link to Redis is down', this.#client.lastError);
    }
    const pipeline = this.#client.redis.pipeline();
    const before: readonly Command[] = asking ? [['asking']] : [];
    const commands = [...loads, ...calls.flatMap((call) => [...before, evalsha(call)])];
    for (const [name, ...args] of commands) pipeline.call(name, ...args);
    const timeoutMs = this.#commandTimeoutMs;
    const late = () => directoryUnavailable(`no answer within ${timeoutMs} ms`);
    const results = (await withinMs(pipeline.exec(), timeoutMs, late)) ?? [];
    const answers = results.slice(loads.length);
    return asking ? answers.filter((_, i) => i % 2 === 1) : answers;
  }
}

function evalsha({ script, keys, args }: ScriptCall): Command {
  return ['evalsha', script.sha, keys.length, ...keys, ...args];
}

function isUnknownScript(error: Error | null): boolean {
  return error?.message.startsWith('NOSCRIPT') ?? false;
}
