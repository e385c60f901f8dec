import type { Outgoing } from '../emitters/outgoing.js';
import { isStored, type StoredEnvelope } from '../notification/notification.js';
import { NO_TAG, type Position, positionOf, samePosition, tagOf } from '../positions/position.js';

/** The most recent notifications of a feed, bounded by count and by bytes of data. */
export class Ring {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  /** The place before the oldest that is held. */
  #before: Position;
  #items: Outgoing[] = [];
  #bytes = 0;

  /** @param before - the place before the first notification to come */
  constructor(maxCount: number, maxBytes: number, before: Position) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
    this.#before = before;
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
    if (drop === 0) return;
    const dropped = this.#items[drop - 1]?.envelope;
    if (dropped !== undefined && isStored(dropped)) this.#before = positionOf(dropped);
    this.#items = this.#items.slice(drop);
  }

  /**
   * What came after `position`, or undefined where the ring cannot tell: it must know the very
   * notification that the position names.
   */
  after(position: Position): readonly Outgoing[] | undefined {
    if (samePosition(position, this.#before)) return this.#items;
    const index = this.#indexOf(position.offset);
    const named = this.#items[index]?.envelope;
    if (named === undefined || !isStored(named) || !samePosition(position, positionOf(named))) {
      return undefined;
    }
    return this.#items.slice(index + 1);
  }

  /** Whether another notification is known in this one's place. */
  contradicts({ offset, id }: StoredEnvelope): boolean {
    const { offset: last, tag } = this.#before;
    if (offset === last) return tag !== NO_TAG && tag !== tagOf(id);
    const held = this.#items[this.#indexOf(offset)];
    return held !== undefined && held.envelope.id !== id;
  }

  #indexOf(offset: number): number {
    return this.#items.findLastIndex(({ envelope }) => envelope.offset === offset);
  }
}
