const bitsPerByte = 8;
const textPattern = /^(0|[1-9][0-9]{0,15})(?::([A-Za-z0-9_-]+))?$/;

/**
 * A set of offsets of one log: all up to one of them, and some beyond. A user's marks are nearly always of
 * this shape, since people read from the newest down or everything at once; so its text is short.
 */
export class OffsetSet {
  #upTo: number;
  readonly #beyond = new Set<number>();

  /** All offsets up to `upTo`; 0: none. */
  constructor(upTo = 0) {
    this.#upTo = upTo;
  }

  /** The set that {@link toString} wrote; undefined where the text is not one. */
  static parse(text: string): OffsetSet | undefined {
    const [, upToText, bitsText = ''] = textPattern.exec(text) ?? [];
    const upTo = Number(upToText);
    if (upToText === undefined || !Number.isSafeInteger(upTo)) return undefined;
    const set = new OffsetSet(upTo);
    const bits = Buffer.from(bitsText, 'base64url');
    for (const [i, byte] of bits.entries()) {
      for (let bit = 0; bit < bitsPerByte; bit += 1) {
        if ((byte >> bit) % 2 === 1) set.add(upTo + 1 + i * bitsPerByte + bit);
      }
    }
    return set;
  }

  /** All up to here are in the set. */
  get upTo(): number {
    return this.#upTo;
  }

  has(offset: number): boolean {
    return offset <= this.#upTo || this.#beyond.has(offset);
  }

  add(offset: number): void {
    if (this.has(offset)) return;
    this.#beyond.add(offset);
    this.#absorb();
  }

  addUpTo(offset: number): void {
    if (offset <= this.#upTo) return;
    this.#upTo = offset;
    for (const each of this.#beyond) if (each <= offset) this.#beyond.delete(each);
    this.#absorb();
  }

  /** Costs as many steps as there are offsets from this one up to where the set has holes. */
  delete(offset: number): void {
    if (offset > this.#upTo) {
      this.#beyond.delete(offset);
      return;
    }
    for (let each = offset + 1; each <= this.#upTo; each += 1) this.#beyond.add(each);
    this.#upTo = offset - 1;
  }

  /** The greatest offset from `from` to `to` that is not in the set; undefined where all are. */
  lastMissing(from: number, to: number): number | undefined {
    for (let offset = to; offset >= from && offset > this.#upTo; offset -= 1) {
      if (!this.#beyond.has(offset)) return offset;
    }
    return undefined;
  }

  /** `<up to>`, then, where there are some beyond, `:` and a bitmap of those after it as base64url. */
  toString(): string {
    if (this.#beyond.size === 0) return `${this.#upTo}`;
    const last = Math.max(...this.#beyond);
    const bits = Buffer.alloc(Math.ceil((last - this.#upTo) / bitsPerByte));
    for (const offset of this.#beyond) {
      const bit = offset - this.#upTo - 1;
      const byte = Math.floor(bit / bitsPerByte);
      bits[byte] = (bits[byte] ?? 0) | (1 << (bit % bitsPerByte));
    }
    return `${this.#upTo}:${bits.toString('base64url')}`;
  }

  #absorb(): void {
    while (this.#beyond.delete(this.#upTo + 1)) this.#upTo += 1;
  }
}
