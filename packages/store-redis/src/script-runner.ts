import type { RedisCommand, RedisLink, RedisReply } from './redis-link.js';
import type { Script } from './script.js';
import { allScripts } from './scripts.js';

/** A script with what it is to work on. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

/** What the store asks of Redis: a command with its key first, or a script. Its keys are one channel's. */
export type Call = RedisCommand | ScriptCall;

/** Runs calls in one round trip, scripts by their digest, and sees to it that Redis knows them. */
export class ScriptRunner {
  readonly #link: RedisLink;
  /** The connection on which the scripts were last loaded. */
  #loadedOn = 0;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /**
   * Resolves with the replies in order. A call that Redis did not know the script of is repeated.
   * @param asking - the node of a Cluster is to do them although their slot is another's
   */
  async run(calls: readonly Call[], asking = false): Promise<readonly RedisReply[]> {
    const replies = [...(await this.#send(calls, asking))];
    const unknown = replies.flatMap((reply, i) => (isUnknownScript(reply) ? [i] : []));
    if (unknown.length === 0) return replies;
    // Redis forgot them (SCRIPT FLUSH); nothing of these calls was run.
    this.#loadedOn = 0;
    const again = await this.#send(
      calls.filter((_, i) => unknown.includes(i)),
      asking,
    );
    for (const [n, i] of unknown.entries()) {
      const reply = again[n];
      if (reply !== undefined) replies[i] = reply;
    }
    return replies;
  }

  async #send(calls: readonly Call[], asking: boolean): Promise<readonly RedisReply[]> {
    const commands = calls.map((call) => (isScript(call) ? evalsha(call) : call));
    const connection = this.#link.connectionNumber;
    const known = this.#loadedOn === connection || !calls.some(isScript);
    const loads = known
      ? []
      : allScripts.map(({ source }): RedisCommand => ['script', 'LOAD', source]);
    const before = asking ? [['asking'] as const] : [];
    const sent = [...loads, ...commands.flatMap((command) => [...before, command])];
    const replies = await this.#link.send(sent);
    if (loads.length > 0) this.#loadedOn = connection;
    const answers = replies.slice(loads.length);
    return asking ? answers.filter((_, i) => i % 2 === 1) : answers;
  }
}

function isScript(call: Call): call is ScriptCall {
  return 'script' in call;
}

/** What decides which node of a Cluster a call is for. */
export function keyOf(call: Call): string {
  return String(isScript(call) ? call.keys[0] : call[1]);
}

function evalsha({ script, keys, args }: ScriptCall): RedisCommand {
  return ['evalsha', script.sha, keys.length, ...keys, ...args];
}

function isUnknownScript(reply: RedisReply): boolean {
  return reply.error?.message.startsWith('NOSCRIPT') ?? false;
}
