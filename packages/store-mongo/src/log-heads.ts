import { NO_EPOCH, NO_TAG, originPosition, type Position } from '@realtime-notify/core';
import type { Collection, Filter, UpdateOneModel } from 'mongodb';
import {
  afterEntries,
  beforeEntries,
  channelOfEntry,
  type EntryDocument,
  entryKey,
  type Head,
  type HeadDocument,
  headOf,
} from './documents.js';
import { duplicatesIn } from './driver-errors.js';

/** Before anything is in a log. */
const originHead: Head = Object.freeze({
  seq: 0,
  epoch: NO_EPOCH,
  offset: 0,
  tag: NO_TAG,
  sum: 0,
  start: 1,
  base: 0,
  stateSeq: 0,
  at: 0,
});

/** What is known of where a log stands. */
export interface KnownHead {
  readonly head: Head;
  /** What the head document said, which may be behind. */
  readonly kept: Head;
}

/** A head document that is to be moved forward. */
export interface Advance extends KnownHead {
  readonly channel: string;
  /** That of `head.stateSeq`, where it is at hand. */
  readonly state?: string | undefined;
}

interface HeadUpdate {
  readonly updateOne: UpdateOneModel<HeadDocument>;
}

export function placeOf({ epoch, offset, tag }: Head): Position {
  return epoch === NO_EPOCH ? originPosition : { epoch, offset, tag };
}

/**
 * Where logs stand. The entries decide; the head documents follow, and outlive them. Nobody is told of a place
 * before the head document has it, so that a place whose entry has expired is never given out again.
 */
export class LogHeads {
  readonly #heads: Collection<HeadDocument>;
  readonly #entries: Collection<EntryDocument>;
  readonly #headRetentionMs: number | false;

  constructor(
    heads: Collection<HeadDocument>,
    entries: Collection<EntryDocument>,
    headRetentionMs: number | false,
  ) {
    this.#heads = heads;
    this.#entries = entries;
    this.#headRetentionMs = headRetentionMs;
  }

  /** In the order asked; what nobody has put down in the head documents yet is put down. */
  async read(channels: readonly string[]): Promise<readonly KnownHead[]> {
    const documents = await this.#documents(channels);
    const newest = await this.#newestPast([...new Set(channels)], documents);
    const known = channels.map((channel): KnownHead => {
      const kept = documents.get(channel) ?? originHead;
      return { kept, head: newest.get(channel) ?? kept };
    });
    const behind = known.flatMap(({ head, kept }, i) =>
      head.seq > kept.seq ? [{ head, kept, channel: channels[i] ?? '' }] : [],
    );
    await this.advance(behind);
    return known;
  }

  /** For whoever is about to put something in, and so finds out if a head is not the newest. */
  async guess(channels: readonly string[]): Promise<readonly KnownHead[]> {
    const documents = await this.#documents(channels);
    return channels.map((channel) => {
      const kept = documents.get(channel) ?? originHead;
      return { kept, head: kept };
    });
  }

  /** Of the newest entry beyond a place, if there is one. */
  async newestAfter(channel: string, head: Head): Promise<Head | undefined> {
    const newest = await this.#newestPast([channel], new Map([[channel, head]]));
    return newest.get(channel);
  }

  /** Moves head documents forward, never back. */
  async advance(moves: readonly Advance[]): Promise<void> {
    if (moves.length === 0) return;
    const updates = await Promise.all(
      moves.map(async (move): Promise<HeadUpdate> => {
        const { channel, head } = move;
        const state = await this.#newerState(move);
        return {
          updateOne: {
            filter: { _id: channel, seq: { $lt: head.seq } },
            update: {
              $set: {
                ...head,
                ...(state === undefined ? {} : { state }),
                ...(this.#headRetentionMs === false
                  ? {}
                  : { expireAt: new Date(head.at + this.#headRetentionMs) }),
              },
            },
            upsert: true,
          },
        };
      }),
    );
    const late = await this.#movedBy(updates);
    // One that another has made meanwhile may be behind ours; one that is further on is found by no filter.
    await this.#movedBy(
      late.map(({ updateOne }) => ({ updateOne: { ...updateOne, upsert: false } })),
    );
  }

  /** Those of the updates that met a document which was not there, or not behind, when they looked. */
  async #movedBy(updates: readonly HeadUpdate[]): Promise<readonly HeadUpdate[]> {
    if (updates.length === 0) return [];
    try {
      await this.#heads.bulkWrite(updates, { ordered: false });
      return [];
    } catch (error) {
      const late = duplicatesIn(error);
      if (late === undefined) throw error;
      return updates.filter((_, i) => late.has(i));
    }
  }

  async #documents(channels: readonly string[]): Promise<ReadonlyMap<string, Head>> {
    const [first = '', ...others] = new Set(channels);
    const filter = others.length === 0 ? { _id: first } : { _id: { $in: [first, ...others] } };
    const found = new Map<string, Head>();
    const cursor = this.#heads.find(filter, { projection: { state: 0 } });
    for await (const document of cursor) found.set(document._id, headOf(document));
    return found;
  }

  /** Of each channel the newest entry beyond its head document: mostly none. */
  async #newestPast(
    channels: readonly string[],
    found: ReadonlyMap<string, Head>,
  ): Promise<ReadonlyMap<string, Head>> {
    if (channels.length === 0) return new Map();
    const ranges = channels.map((channel): Filter<EntryDocument> => {
      const head = found.get(channel);
      const from = head === undefined ? beforeEntries(channel) : entryKey(channel, head.seq);
      return { _id: { $gt: from, $lt: afterEntries(channel) } };
    });
    const [only] = ranges;
    const isOne = ranges.length === 1 && only !== undefined;
    const cursor = this.#entries
      .find(isOne ? only : { $or: ranges }, { projection: { item: 0, state: 0 } })
      .sort({ _id: -1 })
      .limit(isOne ? 1 : 0);
    const newest = new Map<string, Head>();
    for await (const entry of cursor) {
      const channel = channelOfEntry(entry._id);
      const known = newest.get(channel);
      if (known === undefined || known.seq < entry.seq) newest.set(channel, headOf(entry));
    }
    return newest;
  }

  /** The state that the head document lacks. */
  async #newerState({ channel, head, kept, state }: Advance): Promise<string | undefined> {
    if (head.stateSeq <= kept.stateSeq) return undefined;
    if (state !== undefined) return state;
    const entry = await this.#entries.findOne({ _id: entryKey(channel, head.stateSeq) });
    return entry?.state;
  }
}
