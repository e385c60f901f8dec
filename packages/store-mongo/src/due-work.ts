import { randomUUID } from 'node:crypto';
import type { DueWork, LeasedWork, ScheduledWork, WorkLease } from '@realtime-notify/core';
import type { Collection } from 'mongodb';
import { duplicatesIn } from './driver-errors.js';
import type { ServerClock } from './server-clock.js';

/** How long the key of finished work is remembered. */
const rememberedMs = 86_400_000;

/** One piece of work, or the key of one that was finished. Dates are milliseconds by the server's clock. */
export interface WorkDocument {
  /** The key. */
  readonly _id: string;
  readonly workJson?: string;
  /** When it can be taken: it is due, or its lease has ended. Absent where it is finished. */
  readonly freeAt?: number;
  readonly lease?: string;
  /** Leases that began, and of them those that ended with a word. */
  readonly leases: number;
  readonly told: number;
  /** Of a finished one. */
  readonly expireAt?: Date;
}

/** What {@link MongoDueWork} works with once the store is started. */
export interface DueWorkParts {
  readonly work: Collection<WorkDocument>;
  readonly clock: ServerClock;
  /** How long one call goes on leasing: less than it is waited for, or what it has leased would be lost. */
  readonly takeMs: number;
}

/** Runs a call of the store, or refuses to. */
export type RunCall = <T>(call: (parts: DueWorkParts) => Promise<T>) => Promise<T>;

/** Each piece is one document; whoever changes it from free to leased in one step has it. */
export class MongoDueWork implements DueWork {
  readonly #run: RunCall;

  constructor(run: RunCall) {
    this.#run = run;
  }

  schedule(work: readonly ScheduledWork[]): Promise<void> {
    return this.#run(async ({ work: collection, clock }) => {
      if (work.length === 0) return;
      const now = await clock.now();
      const documents = work.map(({ key, afterMs, workJson }): WorkDocument => {
        return { _id: key, workJson, freeAt: now + afterMs, leases: 0, told: 0 };
      });
      const known = await insertNew(collection, documents);
      if (known.length === 0) return;
      // Where the server has not swept out yet what was finished long ago.
      const keys = known.map(({ _id }) => _id);
      const { deletedCount } = await collection.deleteMany({
        _id: { $in: keys },
        expireAt: { $lte: new Date(now) },
      });
      if (deletedCount > 0) await insertNew(collection, known);
    });
  }

  take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    return this.#run(async ({ work, clock, takeMs }) => {
      const until = performance.now() + takeMs;
      const now = await clock.now();
      const taken: LeasedWork[] = [];
      // One at least.
      while (taken.length < limit && (taken.length === 0 || performance.now() < until)) {
        const next = await takeOne(work, now, leaseMs).catch((error: unknown) => {
          // What is leased already is not kept from whoever asked.
          if (taken.length === 0) throw error;
        });
        if (next === undefined) break;
        taken.push(next);
      }
      return taken;
    });
  }

  finish({ key, lease }: WorkLease): Promise<boolean> {
    return this.#run(async ({ work, clock }) => {
      const expireAt = new Date((await clock.now()) + rememberedMs);
      const { matchedCount } = await work.updateOne(
        { _id: key, lease },
        { $set: { expireAt }, $unset: { freeAt: '', lease: '', workJson: '' } },
      );
      return matchedCount === 1;
    });
  }

  postpone({ key, lease }: WorkLease, afterMs: number, workJson?: string): Promise<boolean> {
    return this.#run(async ({ work, clock }) => {
      const freeAt = (await clock.now()) + afterMs;
      const { matchedCount } = await work.updateOne(
        { _id: key, lease },
        {
          $set: { freeAt, ...(workJson === undefined ? {} : { workJson }) },
          $unset: { lease: '' },
          $inc: { told: 1 },
        },
      );
      return matchedCount === 1;
    });
  }

  cancel(keys: readonly string[]): Promise<void> {
    return this.#run(async ({ work }) => {
      if (keys.length === 0) return;
      await work.deleteMany({ _id: { $in: [...keys] }, freeAt: { $exists: true } });
    });
  }
}

/** Undefined where nothing is free. */
async function takeOne(
  work: Collection<WorkDocument>,
  now: number,
  leaseMs: number,
): Promise<LeasedWork | undefined> {
  const lease = randomUUID();
  const before = await work.findOneAndUpdate(
    { freeAt: { $lte: now } },
    { $set: { lease, freeAt: now + leaseMs }, $inc: { leases: 1 } },
    { sort: { freeAt: 1 }, returnDocument: 'before' },
  );
  if (before === null) return undefined;
  const { _id: key, workJson = 'null', leases, told } = before;
  return Object.freeze({ key, workJson, lease, attempt: leases + 1, mayRepeat: leases > told });
}

/** Those whose keys were there. */
async function insertNew(
  collection: Collection<WorkDocument>,
  documents: readonly WorkDocument[],
): Promise<readonly WorkDocument[]> {
  try {
    await collection.insertMany(documents, { ordered: false });
    return [];
  } catch (error) {
    const known = duplicatesIn(error);
    if (known === undefined) throw error;
    return documents.filter((_, i) => known.has(i));
  }
}
