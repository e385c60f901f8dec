import {
  type AppendOutcome,
  type LogRetention,
  newEpoch,
  retentionOf,
} from '@realtime-notify/core';
import type { Collection, Filter } from 'mongodb';
import {
  afterEntries,
  beforeEntries,
  type EntryDocument,
  entryKey,
  type Head,
  headOf,
  keyedName,
  placeTakenMs,
} from './documents.js';
import { duplicatesIn } from './driver-errors.js';
import type { KnownHead, LogHeads } from './log-heads.js';
import {
  type LogDraft,
  lookIntoOutbox,
  type OutboxDocument,
  type OutboxLook,
} from './outbox-drafts.js';
import { type AppendPlan, planAppend } from './plan-append.js';
import type { ServerClock } from './server-clock.js';
import type { ResolvedStoreOptions } from './store-options.js';

/** Drafts of one channel that are to be appended in this order. */
export interface ChannelDrafts {
  readonly channel: string;
  readonly drafts: readonly LogDraft[];
  /** Where the last attempt took the log to stand, and was wrong. */
  readonly after?: Head | undefined;
}

/** What an attempt did for one channel. */
export interface Attempted {
  /** Of the first drafts: of all unless others appended to the channel meanwhile. */
  readonly outcomes: readonly AppendOutcome[];
  /** Where the log was taken to stand. */
  readonly head: Head;
}

type WriterSettings = Pick<ResolvedStoreOptions, 'retention' | 'idempotencyWindowMs'>;

interface Planned extends ChannelDrafts, AppendPlan {
  readonly known: KnownHead;
  readonly retention: LogRetention;
}

interface SeenAfterHeads {
  readonly used: ReadonlyMap<string, EntryDocument>;
  readonly outbox: OutboxLook;
  readonly now: number;
}

/** Entries are only taken out when this many more could go. */
const tidyEvery = 32;

/**
 * Appends by putting in entries under a unique key: whoever puts one in at the place after the head that it saw
 * has seen all that was there, keys and state included. Whoever comes too late looks again.
 */
export class LogWriter {
  readonly #entries: Collection<EntryDocument>;
  readonly #outbox: Collection<OutboxDocument>;
  readonly #heads: LogHeads;
  readonly #clock: ServerClock;
  readonly #settings: WriterSettings;

  constructor(
    entries: Collection<EntryDocument>,
    outbox: Collection<OutboxDocument>,
    heads: LogHeads,
    clock: ServerClock,
    settings: WriterSettings,
  ) {
    this.#entries = entries;
    this.#outbox = outbox;
    this.#heads = heads;
    this.#clock = clock;
    this.#settings = settings;
  }

  /** One attempt for some channels at once, each channel once. */
  async attempt(work: readonly ChannelDrafts[]): Promise<readonly Attempted[]> {
    const now = await this.#clock.now();
    const known = await this.#headsFor(work);
    // After the heads: a key that is not seen here cannot be before them, nor the append of a draft that waits.
    const [used, outbox] = await Promise.all([
      this.#usedKeys(work, now),
      lookIntoOutbox(this.#outbox, this.#entries, work, known),
    ]);
    const plans = await Promise.all(
      work.flatMap((each, i) => {
        const head = known[i];
        return head === undefined ? [] : [this.#plan(each, head, { used, outbox, now })];
      }),
    );
    const counts = await this.#insert(plans);
    await this.#heads.advance(plans.flatMap((plan, i) => advanceOf(plan, counts[i] ?? 0)));
    // What cannot be taken out now goes with a later append.
    await Promise.allSettled(plans.map((plan, i) => this.#tidy(plan, counts[i] ?? 0, now)));
    return plans.map(({ planned, known: { head } }, i) => {
      const count = counts[i] ?? 0;
      const cut = planned.findIndex(({ needs }) => needs > count);
      const settled = planned.slice(0, cut === -1 ? planned.length : cut);
      return { outcomes: settled.map(({ outcome }) => outcome), head };
    });
  }

  /** A head document may be behind by what rivals are about to put into it: their entries are looked for, too. */
  async #headsFor(work: readonly ChannelDrafts[]): Promise<readonly (KnownHead | undefined)[]> {
    const [guesses, newest] = await Promise.all([
      this.#heads.guess(work.map(({ channel }) => channel)),
      Promise.all(
        work.map(({ channel, after }) => after && this.#heads.newestAfter(channel, after)),
      ),
    ]);
    return guesses.map((guess, i) => {
      const head = newest[i];
      return head !== undefined && head.seq > guess.head.seq ? { ...guess, head } : guess;
    });
  }

  async #plan(
    { channel, drafts }: ChannelDrafts,
    known: KnownHead,
    seen: SeenAfterHeads,
  ): Promise<Planned> {
    const retention = retentionOf(channel, this.#settings.retention);
    const { idempotencyWindowMs } = this.#settings;
    const situation = { ...seen, channel, drafts, retention, idempotencyWindowMs, newEpoch };
    const plan = planAppend({ ...situation, head: known.head });
    const entries = await this.#withinBytes(channel, known, plan.entries, retention);
    return { channel, drafts, known, retention, entries, planned: plan.planned };
  }

  /** The last of the entries says where the log begins now, with no more bytes than may be kept. */
  async #withinBytes(
    channel: string,
    { head }: KnownHead,
    entries: readonly EntryDocument[],
    { maxBytes }: LogRetention,
  ): Promise<readonly EntryDocument[]> {
    const last = entries.at(-1);
    if (last === undefined || maxBytes === false || last.sum - last.base <= maxBytes) {
      return entries;
    }
    const { start } = last;
    const mayGo = last.sum - maxBytes;
    const filter: Filter<EntryDocument> = {
      _id: { $gt: entryKey(channel, start - 1), $lte: entryKey(channel, head.seq) },
      offset: { $gte: start },
      'item.before': { $gte: mayGo },
    };
    const kept =
      (mayGo < head.sum
        ? await this.#entries.find(filter).sort({ _id: 1 }).limit(1).next()
        : null) ??
      entries.find(({ offset, item }) => offset >= start && (item?.before ?? 0) >= mayGo) ??
      last;
    const begins = { start: kept.offset, base: kept.item?.before ?? last.base };
    return [...entries.slice(0, -1), { ...last, ...begins }];
  }

  async #usedKeys(
    work: readonly ChannelDrafts[],
    now: number,
  ): Promise<ReadonlyMap<string, EntryDocument>> {
    const used = new Map<string, EntryDocument>();
    const since = now - this.#settings.idempotencyWindowMs;
    await Promise.all(
      work.map(async ({ channel, drafts }) => {
        const keys = drafts.flatMap(({ idempotency }) =>
          idempotency === undefined ? [] : [keyedName(channel, idempotency.key)],
        );
        if (keys.length === 0) return;
        const found = this.#entries.find({
          _id: { $gt: beforeEntries(channel), $lt: afterEntries(channel) },
          keyed: { $in: keys },
          at: { $gt: since },
        });
        for await (const entry of found)
          if (entry.keyed !== undefined) used.set(entry.keyed, entry);
      }),
    );
    return used;
  }

  /** How many of each plan's entries got in: a first part, since what stands there is a log without holes. */
  async #insert(plans: readonly Planned[]): Promise<readonly number[]> {
    const singles = plans.filter(({ entries }) => entries.length === 1);
    const taken = this.#insertSingles(singles.flatMap(({ entries }) => entries));
    return Promise.all(
      plans.map(async ({ entries }) => {
        const [first] = entries;
        if (first === undefined) return 0;
        if (entries.length === 1) return (await taken).has(first._id) ? 0 : 1;
        return this.#insertInOrder(entries);
      }),
    );
  }

  /** Those whose places were taken. */
  async #insertSingles(entries: readonly EntryDocument[]): Promise<ReadonlySet<string>> {
    if (entries.length === 0) return new Set();
    try {
      await this.#entries.insertMany(entries, { ordered: false });
      return new Set();
    } catch (error) {
      const taken = duplicatesIn(error);
      if (taken === undefined) throw error;
      return new Set(entries.flatMap(({ _id }, i) => (taken.has(i) ? [_id] : [])));
    }
  }

  async #insertInOrder(entries: readonly EntryDocument[]): Promise<number> {
    try {
      await this.#entries.insertMany(entries, { ordered: true });
      return entries.length;
    } catch (error) {
      const [first] = duplicatesIn(error) ?? [];
      if (first === undefined) throw error;
      return first;
    }
  }

  /** Takes out what is not kept any more, and a state that was replaced. */
  async #tidy({ channel, known, entries }: Planned, count: number, now: number): Promise<void> {
    const head = entries[count - 1];
    if (head === undefined) return;
    const before = known.head;
    const { idempotencyWindowMs } = this.#settings;
    const old: Filter<EntryDocument> = {
      _id: { $gt: beforeEntries(channel), $lt: entryKey(channel, head.start) },
      $or: [
        { keyed: { $exists: false }, at: { $lt: now - placeTakenMs } },
        // Its key may still be asked for.
        { at: { $lt: now - Math.max(placeTakenMs, idempotencyWindowMs) } },
      ],
    };
    const isDue = Math.floor(head.start / tidyEvery) > Math.floor(before.start / tidyEvery);
    const replaced = before.stateSeq > 0 && before.stateSeq < head.stateSeq;
    await Promise.all([
      isDue ? this.#entries.deleteMany(old) : undefined,
      replaced
        ? this.#entries.updateOne(
            { _id: entryKey(channel, before.stateSeq) },
            { $unset: { state: '' } },
          )
        : undefined,
    ]);
  }
}

function advanceOf({ channel, known, entries }: Planned, count: number) {
  const last = entries[count - 1];
  if (last === undefined) return [];
  const brought = entries.find(({ seq }) => seq === last.stateSeq);
  return [{ channel, head: headOf(last), kept: known.kept, state: brought?.state }];
}
