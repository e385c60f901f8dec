import {
  type LogPage,
  type ReadRequest,
  retentionOf,
  type StoredEnvelope,
} from '@realtime-notify/core';
import type { Collection, Filter } from 'mongodb';
import { type EntryDocument, entryKey, type Head } from './documents.js';
import { unavailable } from './driver-errors.js';
import { type LogHeads, placeOf } from './log-heads.js';
import { envelopeOf } from './plan-append.js';
import type { ServerClock } from './server-clock.js';
import type { ResolvedStoreOptions } from './store-options.js';

const mostLooks = 20;

/** Reads pages that are one consistent look each, without a transaction: what was trimmed under it is read again. */
export class LogReader {
  readonly #entries: Collection<EntryDocument>;
  readonly #heads: LogHeads;
  readonly #clock: ServerClock;
  readonly #retention: ResolvedStoreOptions['retention'];

  constructor(
    entries: Collection<EntryDocument>,
    heads: LogHeads,
    clock: ServerClock,
    retention: ResolvedStoreOptions['retention'],
  ) {
    this.#entries = entries;
    this.#heads = heads;
    this.#clock = clock;
    this.#retention = retention;
  }

  async pages(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const known = await this.#heads.read(requests.map(({ channel }) => channel));
    return Promise.all(
      requests.map(async (request, i) => {
        let head = known[i]?.head;
        for (let look = 0; look < mostLooks; look += 1) {
          const page = head && (await this.#page(request, head));
          if (page !== undefined) return page;
          head = (await this.#heads.read([request.channel]))[0]?.head;
        }
        throw unavailable(`${request.channel} is trimmed faster than it can be read`);
      }),
    );
  }

  /** Undefined where the log was trimmed meanwhile. */
  async #page(request: ReadRequest, head: Head): Promise<LogPage | undefined> {
    const { channel, after, limit } = request;
    if (head.seq === 0) return { items: [], logStart: 1, head: placeOf(head) };
    const { maxAgeMs } = retentionOf(channel, this.#retention);
    const since = maxAgeMs === false ? undefined : (await this.#clock.now()) - maxAgeMs;
    const from = (offset: number): Filter<EntryDocument> => ({
      // An entry's seq is never less than its offset.
      _id: { $gte: entryKey(channel, offset), $lte: entryKey(channel, head.seq) },
      offset: { $gte: offset },
      item: { $exists: true },
      ...(since === undefined ? {} : { at: { $gt: since } }),
    });
    const first = Math.max(after + 1, head.start);
    const [oldest, found] = await Promise.all([
      this.#entries
        .find(from(head.start), { projection: { offset: 1 } })
        .sort({ _id: 1 })
        .limit(1)
        .next(),
      this.#items(request, from(first)),
    ]);
    const logStart = oldest?.offset ?? head.offset + 1;
    const begin = Math.max(first, logStart);
    const wanted = Math.min(limit, head.offset + 1 - begin);
    const isWhole =
      found.entries.every(({ offset }, i) => offset === begin + i) &&
      (found.isCut || found.entries.length === Math.max(0, wanted));
    if (!isWhole) return undefined;
    const items = found.entries.map((entry): StoredEnvelope => {
      // What outlived a renewal is read under the present epoch.
      return envelopeOf({ ...entry, epoch: head.epoch }, channel);
    });
    return { items, logStart, head: placeOf(head) };
  }

  /** What a page may hold of what `filter` finds. */
  async #items(
    { limit, maxBytes = Number.POSITIVE_INFINITY }: ReadRequest,
    filter: Filter<EntryDocument>,
  ): Promise<{ readonly entries: readonly EntryDocument[]; readonly isCut: boolean }> {
    const cursor = this.#entries
      .find(filter, { projection: { state: 0 } })
      .sort({ _id: 1 })
      .limit(limit);
    const entries: EntryDocument[] = [];
    let bytes = 0;
    try {
      for await (const entry of cursor) {
        bytes += Buffer.byteLength(entry.item?.data ?? '');
        if (entries.length >= 2 && bytes > maxBytes) return { entries, isCut: true };
        entries.push(entry);
      }
    } finally {
      await cursor.close();
    }
    return { entries, isCut: false };
  }
}
