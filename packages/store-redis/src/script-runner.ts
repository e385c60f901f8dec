import type { RedisCommand, RedisLink, RedisReply } from './redis-link.js';
import { allScripts, type Script } from './scripts.js';

/** A script with what it is to work on. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

/** Runs scripts by their digest, in one round trip, and sees to it that Redis knows them. */
export class ScriptRunner {
  readonly #link: RedisLink;
  /** The connection on which the scripts were last loaded. */
  #loadedOn = 0;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** Resolves with the replies in order. A call that Redis did not know the script of is repeated. */
  async run(calls: readonly ScriptCall[]): Promise<readonly RedisReply[]> {
    const replies = [...(await this.#send(calls))];
    const unknown = replies.flatMap((reply, i) => (isUnknownScript(reply) ? [i] : []));
    if (unknown.length === 0) return replies;
    // Redis forgot them (SCRIPT FLUSH); nothing of these calls was run.
    this.#loadedOn = 0;
    const again = await this.#send(calls.filter((_, i) => unknown.includes(i)));
    for (const [n, i] of unknown.entries()) {
      const reply = again[n];
      if (reply !== undefined) replies[i] = reply;
    }
    return replies;
  }

  async #send(calls: readonly ScriptCall[]): Promise<readonly RedisReply[]> {
    const commands = calls.map(evalsha);
    const connection = this.#link.connectionNumber;
    if (this.#loadedOn === connection) return this.#link.send(commands);
    const loads = allScripts.map(({ source }): RedisCommand => ['script', 'LOAD', source]);
    const replies = await this.#link.send([...loads, ...commands]);
    this.#loadedOn = connection;
    return replies.slice(loads.length);
  }
}

function evalsha({ script, keys, args }: ScriptCall): RedisCommand {
  return ['evalsha', script.sha, keys.length, ...keys, ...args];
}

function isUnknownScript(reply: RedisReply): boolean {
  return reply.error?.message.startsWith('NOSCRIPT') ?? false;
}
