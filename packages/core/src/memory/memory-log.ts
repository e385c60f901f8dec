import type { StoredEnvelope } from '../notification/notification.js';
import type { Draft, LogPage } from '../ports/store.js';
import { originPosition, type Position, tagOf } from '../positions/position.js';

/** What reading a channel that was never appended to gives. */
export const originPage: LogPage = Object.freeze({ items: [], logStart: 1, head: originPosition });

/** One channel's log in memory: consecutive offsets, the oldest forgotten first. */
export class MemoryLog {
  #epoch: string;
  readonly #maxCount: number;
  readonly #items: StoredEnvelope[] = [];
  #head: Position;

  constructor(epoch: string, maxCount: number) {
    this.#epoch = epoch;
    this.#maxCount = maxCount;
    this.#head = { ...originPosition, epoch };
  }

  get head(): Position {
    return this.#head;
  }

  append(draft: Draft): StoredEnvelope {
    const { channel, id, type, time, dataJson, traceparent } = draft;
    const place = { epoch: this.#epoch, offset: this.#head.offset + 1 };
    const fields = { id, type, channel, ...place, time, dataJson };
    const envelope = Object.freeze(traceparent === undefined ? fields : { ...fields, traceparent });
    this.#items.push(envelope);
    if (this.#items.length > this.#maxCount) this.#items.shift();
    this.#head = { ...place, tag: tagOf(id) };
    return envelope;
  }

  readAfter(after: number, limit: number): LogPage {
    const logStart = this.#head.offset + 1 - this.#items.length;
    const from = Math.max(0, after + 1 - logStart);
    const items = this.#items.slice(from, from + limit).map((item) => this.#inCurrentEpoch(item));
    return { items, logStart, head: this.#head };
  }

  renewEpoch(epoch: string): void {
    this.#epoch = epoch;
    this.#head = { ...this.#head, epoch };
  }

  /** A page belongs together: what outlived a renewal is read under the log's present epoch. */
  #inCurrentEpoch(item: StoredEnvelope): StoredEnvelope {
    return item.epoch === this.#epoch ? item : { ...item, epoch: this.#epoch };
  }
}
