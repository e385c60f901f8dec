import type { Principal } from '../access/principal.js';
import type { ChannelNames } from '../channels/channel-names.js';
import type { LimitCounters } from '../limits/counters.js';
import { notificationJson, type StoredEnvelope } from '../notification/notification.js';
import type { LogPage, Store } from '../ports/store.js';
import { channelKey, cursorEntry, joinCursor } from '../positions/cursor.js';
import { type Position, positionOf } from '../positions/position.js';

/** Whose history is wanted. */
export interface HistoryRequest {
  readonly principal: Principal;
  /** Groups beside the user's own channel and `all`; already authorised. */
  readonly groups: readonly string[];
  /** Only what was made at or after this time, in milliseconds since 1970 UTC. */
  readonly sinceMs?: number | undefined;
  /** At most this many, the newest. */
  readonly limit: number;
  /**
   * At most so many bytes of them as JSON: the oldest are left out, never the newest of all. Absent: as many
   * as `limit` allows.
   */
  readonly maxBytes?: number | undefined;
}

/** A look back. */
export interface HistoryPage {
  /** Newest first, each as JSON text. */
  readonly items: readonly string[];
  /** A stream that begins here shows exactly what came after this page was read. */
  readonly cursor: string;
}

/** Reads what the store keeps of some channels. */
export class History {
  readonly #store: Store;
  readonly #channelNames: ChannelNames;
  readonly #counters: LimitCounters;

  constructor(store: Store, channelNames: ChannelNames, counters: LimitCounters) {
    this.#store = store;
    this.#channelNames = channelNames;
    this.#counters = counters;
  }

  async read({
    principal,
    groups,
    sinceMs,
    limit,
    maxBytes,
  }: HistoryRequest): Promise<HistoryPage> {
    const channels = [
      ...(principal.userId === null ? [] : [this.#channelNames.user(principal.userId)]),
      ...new Set(groups.map((group) => this.#channelNames.group(group))),
      this.#channelNames.all,
    ];
    const heads = await this.#store.positions(channels);
    const requests = channels.map((channel, index) => ({
      channel,
      after: Math.max(0, (heads[index]?.offset ?? 0) - limit),
      limit,
    }));
    const pages = await this.#store.readAfter(requests);
    const newest = mergeNewestFirst(pages.map((page) => page.items))
      .filter((item) => sinceMs === undefined || item.time >= sinceMs)
      .slice(0, limit);
    const entries = pages.map((page, index) => {
      return cursorEntry(channelKey(channels[index] ?? ''), endOf(page, limit));
    });
    // The cursor stands behind the newest: it is the same, however many of the oldest are left out.
    return { items: this.#textsOf(newest, maxBytes), cursor: joinCursor(entries) };
  }

  #textsOf(newest: readonly StoredEnvelope[], maxBytes = Number.POSITIVE_INFINITY): string[] {
    const texts: string[] = [];
    let bytes = 0;
    for (const envelope of newest) {
      const text = notificationJson(envelope);
      bytes += Buffer.byteLength(text);
      if (bytes > maxBytes && texts.length > 0) {
        this.#counters.count('historyBytes');
        break;
      }
      texts.push(text);
    }
    return texts;
  }
}

/** Where a page ends: before the head, where more was appended since the head was asked for. */
function endOf(page: LogPage, limit: number): Position {
  const last = page.items.length === limit ? page.items.at(-1) : undefined;
  return last === undefined ? page.head : positionOf(last);
}

/** By offset within a channel, by time between channels, whatever the publishers' clocks say. */
function mergeNewestFirst(logs: readonly (readonly StoredEnvelope[])[]): readonly StoredEnvelope[] {
  const rest = logs.map((items) => [...items]);
  const merged: StoredEnvelope[] = [];
  for (;;) {
    let newest: StoredEnvelope[] | undefined;
    for (const log of rest) {
      if ((log.at(-1)?.time ?? -1) > (newest?.at(-1)?.time ?? -1)) newest = log;
    }
    const item = newest?.pop();
    if (item === undefined) return merged;
    merged.push(item);
  }
}
