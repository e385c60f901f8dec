import type { Outgoing } from '../emitters/outgoing.js';
import { type Position, tagOf } from '../positions/position.js';

/** The most recent notifications of a feed, bounded by count and by bytes of data. */
export class Ring {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #items: Outgoing[] = [];
  #bytes = 0;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  push(outgoing: Outgoing): void {
    this.#items.push(outgoing);
    this.#bytes += Buffer.byteLength(outgoing.envelope.dataJson);
    let drop = 0;
    while (
      this.#items.length - drop > this.#maxCount ||
      (this.#bytes > this.#maxBytes && drop < this.#items.length)
    ) {
      this.#bytes -= Buffer.byteLength(this.#items[drop]?.envelope.dataJson ?? '');
      drop += 1;
    }
    if (drop > 0) this.#items = this.#items.slice(drop);
  }

  clear(): void {
    this.#items = [];
    this.#bytes = 0;
  }

  /**
   * What came after `position`, or undefined where the ring cannot tell: it must hold the very
   * notification that the position names.
   */
  after(position: Position): readonly Outgoing[] | undefined {
    const index = this.#items.findLastIndex(({ envelope }) => envelope.offset === position.offset);
    const named = this.#items[index]?.envelope;
    if (named === undefined || tagOf(named.id) !== position.tag || named.epoch !== position.epoch) {
      return undefined;
    }
    return this.#items.slice(index + 1);
  }
}
