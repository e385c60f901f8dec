import type { StoredEnvelope } from '../notification/notification.js';
import type { Draft, LogPage, ReadRequest } from '../ports/store.js';
import { originPosition, type Position, tagOf } from '../positions/position.js';
import type { LogRetention } from '../retention/retention.js';

/** What reading a channel that was never appended to gives. */
export const originPage: LogPage = Object.freeze({ items: [], logStart: 1, head: originPosition });

/** However few bytes a page may have. */
const leastItems = 2;

interface Entry {
  readonly envelope: StoredEnvelope;
  readonly bytes: number;
  readonly appendedAt: number;
}

/** One channel's log in memory: consecutive offsets, the oldest forgotten first. */
export class MemoryLog {
  #epoch: string;
  readonly #retention: LogRetention;
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #head: Position;
  #stateJson: string | null = null;

  constructor(epoch: string, retention: LogRetention) {
    this.#epoch = epoch;
    this.#retention = retention;
    this.#head = { ...originPosition, epoch };
  }

  get head(): Position {
    return this.#head;
  }

  get stateJson(): string | null {
    return this.#stateJson;
  }

  append(draft: Draft): StoredEnvelope {
    const { channel, id, type, time, dataJson, traceparent } = draft;
    const place = { epoch: this.#epoch, offset: this.#head.offset + 1 };
    const fields = { id, type, channel, ...place, previousTag: this.#head.tag, time, dataJson };
    const envelope = Object.freeze(traceparent === undefined ? fields : { ...fields, traceparent });
    const bytes = Buffer.byteLength(dataJson);
    this.#entries.push({ envelope, bytes, appendedAt: Date.now() });
    this.#bytes += bytes;
    this.#head = { ...place, tag: tagOf(id) };
    if (draft.change !== undefined) this.#stateJson = draft.change.stateJson;
    this.#trim();
    return envelope;
  }

  readAfter({ after, limit, maxBytes = Number.POSITIVE_INFINITY }: ReadRequest): LogPage {
    this.#trim();
    const logStart = this.#head.offset + 1 - this.#entries.length;
    const from = Math.max(0, after + 1 - logStart);
    const items: StoredEnvelope[] = [];
    let room = maxBytes;
    for (const { envelope, bytes } of this.#entries.slice(from, from + limit)) {
      room -= bytes;
      if (room < 0 && items.length >= leastItems) break;
      items.push(this.#inCurrentEpoch(envelope));
    }
    return { items, logStart, head: this.#head };
  }

  renewEpoch(epoch: string): void {
    this.#epoch = epoch;
    this.#head = { ...this.#head, epoch };
  }

  #trim(): void {
    const { maxCount, maxAgeMs, maxBytes } = this.#retention;
    const tooOld = maxAgeMs === false ? Number.NEGATIVE_INFINITY : Date.now() - maxAgeMs;
    let count = this.#entries.length;
    let first = 0;
    for (const { appendedAt, bytes } of this.#entries) {
      const tooMany = count > maxCount || (maxBytes !== false && this.#bytes > maxBytes);
      if (appendedAt > tooOld && (count === 1 || !tooMany)) break;
      this.#bytes -= bytes;
      count -= 1;
      first += 1;
    }
    if (first > 0) this.#entries.splice(0, first);
  }

  /** A page belongs together: what outlived a renewal is read under the log's present epoch. */
  #inCurrentEpoch(item: StoredEnvelope): StoredEnvelope {
    return item.epoch === this.#epoch ? item : { ...item, epoch: this.#epoch };
  }
}
