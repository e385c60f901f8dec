import type { AppendOutcome, OutboxDraft, Relayed } from '@realtime-notify/core';
import type { OutboxParts } from './outbox.js';
import {
  afterDrafts,
  beforeDrafts,
  type LogDraft,
  type OutboxDocument,
  shardOfDraft,
  takenOut,
} from './outbox-drafts.js';

/** The head of a log names those that were relayed last: no more of one channel at a time. */
const mostPerChannel = 25;

const nothing: Relayed = Object.freeze({ drafts: [], outcomes: [], more: false });

/** One call of `relay`: leases shards, reads what has committed, appends it and takes it out. */
export class OutboxRelay {
  readonly #parts: OutboxParts;
  readonly #found: OutboxDocument[] = [];
  readonly #perChannel = new Map<string, number>();
  #more = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  async relay(maxDrafts: number): Promise<Relayed> {
    const shards = shuffled(await this.#shards());
    if (shards.length === 0) return nothing;
    const { leases } = this.#parts;
    const lease = leases.newLease();
    try {
      for (const shard of shards) {
        const room = maxDrafts - this.#found.length;
        this.#more ||= room <= 0;
        if (room <= 0) break;
        if (await leases.take(shard, lease)) this.#choose(await this.#read(shard, room), room);
      }
      return await this.#append();
    } finally {
      // Where this fails, too, others wait until it has ended.
      await leases.giveBack(lease).catch(() => undefined);
    }
  }

  /** Those that hold drafts. */
  async #shards(): Promise<readonly string[]> {
    const shards: string[] = [];
    for (let from = ''; ; ) {
      const [next] = await this.#keys(from, '~', 1);
      if (next === undefined) return shards;
      const shard = shardOfDraft(next);
      shards.push(shard);
      from = afterDrafts(shard);
    }
  }

  /**
   * The first drafts of a shard, in order. A read that passes over a place just before a commit fills it may see what
   * was put after that commit: only what a second read confirms has all before it.
   */
  async #read(shard: string, limit: number): Promise<readonly OutboxDocument[]> {
    const { drafts } = this.#parts;
    const before = beforeDrafts(shard);
    for (let end = afterDrafts(shard); ; ) {
      const range = { _id: { $gt: before, $lt: end } };
      const found = await drafts.find(range).sort({ _id: 1 }).limit(limit).toArray();
      const last = found.at(-1);
      if (last === undefined) return [];
      // In this order any key that follows its own is greater.
      end = `${last._id} `;
      const again = await this.#keys(before, end, limit);
      if (again.join() === found.map(({ _id }) => _id).join()) return found;
    }
  }

  async #keys(after: string, before: string, limit: number): Promise<readonly string[]> {
    const found = this.#parts.drafts
      .find({ _id: { $gt: after, $lt: before } }, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .limit(limit);
    return (await found.toArray()).map(({ _id }) => _id);
  }

  #choose(documents: readonly OutboxDocument[], room: number): void {
    this.#more ||= documents.length >= room;
    for (const document of documents) {
      const { channel } = document.draft;
      const count = this.#perChannel.get(channel) ?? 0;
      this.#more ||= count >= mostPerChannel;
      if (count >= mostPerChannel) continue;
      this.#perChannel.set(channel, count + 1);
      this.#found.push(document);
    }
  }

  async #append(): Promise<Relayed> {
    if (this.#found.length === 0) return nothing;
    const outcomes = await this.#parts.append(inTheirPlaces(this.#found));
    const decided = this.#found.filter((_, i) => !isPassing(outcomes[i]));
    const [failure] = outcomes.flatMap((each) => (isPassing(each) ? [each.error] : []));
    if (decided.length === 0 && failure !== undefined) throw failure;
    const told = this.#told(outcomes);
    const _id = { $in: decided.map((document) => document._id) };
    const { deletedCount } = await this.#parts.drafts.deleteMany({ _id });
    const more = this.#more && failure === undefined;
    // Whoever was overtaken by another relay leaves it to that to tell.
    return deletedCount < told.drafts.length ? { ...nothing, more } : { ...told, more };
  }

  #told(outcomes: readonly AppendOutcome[]): Omit<Relayed, 'more'> {
    const drafts: OutboxDraft[] = [];
    const decided: AppendOutcome[] = [];
    for (const [i, { draft }] of this.#found.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined || isPassing(outcome) || isTakenOut(outcome)) continue;
      drafts.push(draft);
      decided.push(outcome);
    }
    return { drafts, outcomes: decided };
  }
}

type Failed = Extract<AppendOutcome, { status: 'failed' }>;

/** It may be appended another time. */
function isPassing(outcome: AppendOutcome | undefined): outcome is Failed {
  return outcome?.status === 'failed' && outcome.error.code === 'STORE_UNAVAILABLE';
}

function isTakenOut(outcome: AppendOutcome): boolean {
  return outcome.status === 'failed' && outcome.error === takenOut;
}

/** Each with the one of its channel that must be appended before it. */
function inTheirPlaces(documents: readonly OutboxDocument[]): readonly LogDraft[] {
  const latest = new Map<string, number>();
  return documents.map(({ draft, number }) => {
    const after = latest.get(draft.channel);
    latest.set(draft.channel, number);
    return { ...draft, outbox: { number, after } };
  });
}

function shuffled(shards: readonly string[]): readonly string[] {
  return shards
    .map((shard) => ({ shard, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ shard }) => shard);
}
