import { randomUUID } from 'node:crypto';
import type { DueWork, LeasedWork, ScheduledWork, WorkLease } from '@realtime-notify/core';
import { slotOf } from '@realtime-notify/redis-connection';
import {
  cancelScript,
  finishScript,
  lookScript,
  postponeScript,
  scheduleScript,
  takeScript,
} from './due-scripts.js';
import { dueKeys, dueParts, finishedKey } from './keys.js';
import { readReply } from './read-reply.js';
import type { RedisCalls } from './redis-calls.js';
import { ForeignReply, integer } from './replies.js';
import type { ScriptCall } from './script-runner.js';

/** How long the key of finished work is remembered. */
const rememberedMs = 86_400_000;
/** Pieces that one script goes through at most: others have their turn between two. */
const maxStep = 100;

const parts = Array.from({ length: dueParts }, (_, part) => part);

/** Work that was taken, and since when it was due. */
interface Taken {
  readonly work: LeasedWork;
  readonly dueAt: number;
}

/**
 * The DueWork of the Redis store: a fixed number of parts, each in one slot of a Cluster, and Lua that does each step
 * in one of them. To take the longest due of all, it first looks since when the first of each part are due.
 */
export class RedisDueWork implements DueWork {
  readonly #calls: RedisCalls;
  readonly #prefix: string;

  constructor(calls: RedisCalls, prefix: string) {
    this.#calls = calls;
    this.#prefix = prefix;
  }

  async schedule(work: readonly ScheduledWork[]): Promise<void> {
    await this.#runAll(
      this.#steps(work, ({ key }) => key).map(({ part, step }) => {
        const { times, works } = dueKeys(this.#prefix, part);
        const finished = step.map(({ key }) => finishedKey(this.#prefix, part, key));
        const args = step.flatMap((one) => [one.key, Math.ceil(one.afterMs), one.workJson]);
        return { script: scheduleScript, keys: [times, works, ...finished], args };
      }),
    );
  }

  async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const lease = randomUUID();
    const dueAt = await this.#runSome(
      parts.map((part) => ({
        script: lookScript,
        keys: [dueKeys(this.#prefix, part).times],
        args: [Math.min(limit, maxStep)],
      })),
      (value, part) => timesFrom(value).map((since) => ({ part, since })),
    );
    const wanted = dueAt.toSorted((one, other) => one.since - other.since).slice(0, limit);
    const counts = parts.map((part) => wanted.filter((one) => one.part === part).length);
    const taken = await this.#runSome(
      parts.flatMap((part) => {
        const count = counts[part] ?? 0;
        if (count === 0) return [];
        const { times, works, leases } = dueKeys(this.#prefix, part);
        const args = [count, Math.ceil(leaseMs), lease];
        return { script: takeScript, keys: [times, works, leases], args };
      }),
      (value) => takenFrom(value, lease),
    );
    return taken
      .toSorted((one, other) => one.dueAt - other.dueAt)
      .map(({ work }) => Object.freeze(work));
  }

  async finish({ key, lease }: WorkLease): Promise<boolean> {
    const part = partOf(key);
    const { times, works, leases } = dueKeys(this.#prefix, part);
    const keys = [times, works, leases, finishedKey(this.#prefix, part, key)];
    return this.#says({ script: finishScript, keys, args: [key, lease, rememberedMs] });
  }

  async postpone({ key, lease }: WorkLease, afterMs: number, workJson?: string): Promise<boolean> {
    const { times, works, leases } = dueKeys(this.#prefix, partOf(key));
    const args = [key, lease, Math.ceil(afterMs), ...(workJson === undefined ? [] : [workJson])];
    return this.#says({ script: postponeScript, keys: [times, works, leases], args });
  }

  async cancel(keys: readonly string[]): Promise<void> {
    await this.#runAll(
      this.#steps(keys, (key) => key).map(({ part, step }) => {
        const { times, works, leases } = dueKeys(this.#prefix, part);
        return { script: cancelScript, keys: [times, works, leases], args: step };
      }),
    );
  }

  /** The items by part, cut into what one script goes through. */
  #steps<T>(
    items: readonly T[],
    keyOf: (item: T) => string,
  ): readonly { readonly part: number; readonly step: readonly T[] }[] {
    const byPart = parts.map((): T[] => []);
    for (const item of items) byPart[partOf(keyOf(item))]?.push(item);
    return byPart.flatMap((ofPart, part) =>
      Array.from({ length: Math.ceil(ofPart.length / maxStep) }, (_, i) => ({
        part,
        step: ofPart.slice(i * maxStep, (i + 1) * maxStep),
      })),
    );
  }

  async #says(call: ScriptCall): Promise<boolean> {
    const [reply] = await this.#calls.run([call]);
    return readReply(reply, (value) => value === 1);
  }

  async #runAll(calls: readonly ScriptCall[]): Promise<void> {
    const replies = await this.#calls.run(calls);
    for (const [i] of calls.entries()) readReply(replies[i], () => undefined);
  }

  /** What the calls gave that were answered: masters of a Cluster that are away keep nobody from the others. */
  async #runSome<T>(
    calls: readonly ScriptCall[],
    parse: (value: unknown, place: number) => readonly T[],
  ): Promise<readonly T[]> {
    const replies = await this.#calls.run(calls);
    const answered = replies.flatMap((reply, place) =>
      reply.error === null ? [{ reply, place }] : [],
    );
    if (answered.length === 0 && calls.length > 0) readReply(replies[0], () => undefined);
    return answered.flatMap(({ reply, place }) => readReply(reply, (value) => parse(value, place)));
  }
}

function partOf(key: string): number {
  return slotOf(key) % dueParts;
}

function timesFrom(value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw new ForeignReply();
  return value.map((text: unknown) => integer(text) ?? 0);
}

function takenFrom(value: unknown, lease: string): readonly Taken[] {
  if (!Array.isArray(value)) throw new ForeignReply();
  return value.flatMap((entry: unknown) => {
    const [key, workJson, attempt, repeats, dueAt]: unknown[] = Array.isArray(entry) ? entry : [];
    // Work without its text is not ours.
    if (typeof key !== 'string' || typeof workJson !== 'string') return [];
    const [count = 1, since = 0] = [integer(attempt), integer(dueAt)];
    const work = { key, workJson, lease, attempt: count, mayRepeat: repeats === '1' };
    return { work, dueAt: since };
  });
}
