import { NotifyError, type PresenceChange } from '@realtime-notify/core';
import { shardCount, shardOf } from './directory-keys.js';
import type { DirectoryLink, ScriptCall } from './directory-link.js';
import { flagAndLists } from './directory-replies.js';
import { beatScript, leaveScript, sweepScript, writeScript } from './directory-scripts.js';
import { Shard, type ShardWrite } from './shard.js';

/** Users written or taken out in one call at most: Redis serves nobody else meanwhile. */
export const usersPerCall = 500;

/** Whom the registrar tells. */
export interface RegistrarHeard {
  presence(changes: readonly PresenceChange[]): void;
  /** These users could not be found here for a while, and can be again. */
  found(userIds: readonly string[]): void;
  /** The leases of these nodes have ended, in this part. */
  ended(shard: Shard, nodeIds: readonly string[]): void;
}

interface Waiter {
  readonly shards: ReadonlySet<Shard>;
  settle(failed: ReadonlyMap<Shard, NotifyError>): void;
}

type Failed = Map<Shard, NotifyError>;

/**
 * Brings what stands in Redis into line with whom this node holds, and keeps its leases, in one loop: one
 * round is under way at a time, and what was asked meanwhile comes in the next. What failed is done
 * again in the next one, whoever asks for it.
 */
export class Registrar {
  readonly #nodeId: string;
  readonly #leaseMs: number;
  readonly #link: Pick<DirectoryLink, 'run'>;
  readonly #heard: RegistrarHeard;
  readonly #shards: readonly Shard[];
  #waiters: Waiter[] = [];
  #beatDue = false;
  #running: Promise<void> | undefined;

  constructor(
    nodeId: string,
    { keyPrefix, leaseMs }: { readonly keyPrefix: string; readonly leaseMs: number },
    link: Pick<DirectoryLink, 'run'>,
    heard: RegistrarHeard,
  ) {
    this.#nodeId = nodeId;
    this.#leaseMs = leaseMs;
    this.#link = link;
    this.#heard = heard;
    this.#shards = Array.from({ length: shardCount }, (_, index) => new Shard(keyPrefix, index));
  }

  /** Resolves when all stand; rejects if not, but they stay wanted. */
  want(userIds: readonly string[]): Promise<void> {
    return this.#request(userIds, (shard, userId) => shard.want(userId));
  }

  /** Resolves when none stands any more; rejects if one may, and it will be taken out later. */
  unwant(userIds: readonly string[]): Promise<void> {
    return this.#request(userIds, (shard, userId) => shard.unwant(userId));
  }

  /** Writes what has failed before, and renews the leases. Rejects with the first failure. */
  beat(): Promise<void> {
    this.#beatDue = true;
    return this.#settled(new Set(this.#shards));
  }

  /** What Redis has said so far may not hold any more: the next beat compares who stands there. */
  doubt(): void {
    for (const shard of this.#shards) shard.doubted = true;
  }

  /** Takes all entries and the leases of this node out. To be called last. */
  async leave(): Promise<void> {
    await this.#running;
    await this.#takeOut(this.#shards, new Map());
  }

  /** Ends the leases and leaves the entries to the others. */
  async endLeases(): Promise<void> {
    await this.#link.run(
      this.#shards.map((shard) => this.#call(shard, leaveScript, [this.#nodeId])),
    );
  }

  #request(userIds: readonly string[], ask: (shard: Shard, userId: string) => void): Promise<void> {
    const shards = new Set<Shard>();
    for (const userId of userIds) {
      const shard = this.#shards[shardOf(userId)];
      if (shard === undefined) continue;
      ask(shard, userId);
      shards.add(shard);
    }
    return shards.size === 0 ? Promise.resolve() : this.#settled(shards);
  }

  #settled(shards: ReadonlySet<Shard>): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle: Waiter['settle'] = (failed) => {
        for (const [shard, error] of failed) if (shards.has(shard)) return reject(error);
        resolve();
      };
      this.#waiters.push({ shards, settle });
      this.#running ??= new Promise<void>((done) => {
        setImmediate(() => void this.#run().then(done));
      });
    });
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      const waiters = this.#waiters;
      this.#waiters = [];
      const failed = await this.#round();
      for (const { settle } of waiters) settle(failed);
    }
    this.#running = undefined;
  }

  async #round(): Promise<Failed> {
    const failed: Failed = new Map();
    const uncleared = this.#shards.filter(({ cleared }) => !cleared);
    await this.#takeOut(uncleared, failed);
    for (const shard of uncleared) shard.cleared = !failed.has(shard);
    await this.#write(failed);
    if (this.#beatDue) {
      this.#beatDue = false;
      await this.#renew(failed);
      await this.#write(failed);
    }
    const found = this.#shards.flatMap((shard) => shard.found());
    if (found.length > 0) this.#heard.found(found);
    return failed;
  }

  /** Writes until nothing waits in the parts that have not failed. */
  async #write(failed: Failed): Promise<void> {
    for (;;) {
      const writes = new Map<Shard, ShardWrite>();
      for (const shard of this.#shards) {
        if (failed.has(shard)) continue;
        const write = shard.take(usersPerCall);
        if (write !== undefined) writes.set(shard, write);
      }
      if (writes.size === 0) return;
      const calls = [...writes].map(([shard, { added, removed }]) =>
        this.#call(shard, writeScript, [
          this.#nodeId,
          this.#leaseMs,
          added.length,
          ...added,
          ...removed,
        ]),
      );
      await this.#runIn([...writes.keys()], calls, failed, (shard, alive, [came, gone]) => {
        if (!alive) shard.lost();
        const write = writes.get(shard);
        if (write !== undefined) shard.wrote(write);
        this.#tell(came, gone);
      });
      for (const [shard, write] of writes) if (failed.has(shard)) shard.failed(write);
    }
  }

  async #renew(failed: Failed): Promise<void> {
    const shards = this.#shards.filter((shard) => !failed.has(shard));
    const calls = shards.map((shard) => {
      const { standing, doubted } = shard;
      shard.doubted = false;
      return this.#call(shard, beatScript, [
        this.#nodeId,
        this.#leaseMs,
        standing,
        doubted ? 1 : 0,
      ]);
    });
    await this.#runIn(shards, calls, failed, (shard, intact, [ended = [], held = []]) => {
      if (!intact) shard.lost();
      if (held.length > 0) shard.compare(held);
      if (ended.length > 0) this.#heard.ended(shard, ended);
    });
    for (const shard of shards) if (failed.has(shard)) shard.doubted = true;
  }

  /** Takes out whatever stands under this node's id. */
  async #takeOut(shards: readonly Shard[], failed: Failed): Promise<void> {
    let left = shards;
    while (left.length > 0) {
      const calls = left.map((shard) =>
        this.#call(shard, sweepScript, [this.#nodeId, usersPerCall, 1]),
      );
      const unfinished: Shard[] = [];
      await this.#runIn(left, calls, failed, (shard, done, [gone]) => {
        if (!done) unfinished.push(shard);
        this.#tell([], gone);
      });
      left = unfinished;
    }
  }

  #call(shard: Shard, script: ScriptCall['script'], args: ScriptCall['args']): ScriptCall {
    const { connections, leases, heldBy } = shard.keys;
    return { script, keys: [connections, leases, heldBy(this.#nodeId)], args };
  }

  async #runIn(
    shards: readonly Shard[],
    calls: readonly ScriptCall[],
    failed: Failed,
    answered: (shard: Shard, flag: boolean, lists: readonly (readonly string[])[]) => void,
  ): Promise<void> {
    const replies = await this.#link.run(calls);
    for (const [i, shard] of shards.entries()) {
      const answer = flagAndLists(replies[i]);
      if (NotifyError.is(answer)) failed.set(shard, answer);
      else answered(shard, answer.flag, answer.lists);
    }
  }

  #tell(came: readonly string[] = [], gone: readonly string[] = []): void {
    if (came.length + gone.length === 0) return;
    this.#heard.presence([
      ...came.map((userId) => ({ userId, online: true })),
      ...gone.map((userId) => ({ userId, online: false })),
    ]);
  }
}
