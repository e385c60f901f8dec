/** Random numbers that are the same for the same seed (mulberry32). */
export class SeededRandom {
  #state: number;

  /** @param seed - any integer; its lower 32 bits count */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** The next number, 0 or more and less than 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** True in this share of all calls, 0 to 1. */
  happens(share: number): boolean {
    return share > 0 && this.next() < share;
  }

  /** A whole number of milliseconds of a range. */
  within({ minMs, maxMs }: MsRange): number {
    return minMs + Math.floor(this.next() * (maxMs - minMs + 1));
  }
}

/** How long something takes: a random time of this range, both ends included. */
export interface MsRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A range of one value, or the range given. */
export function msRange(value: number | MsRange): MsRange {
  return typeof value === 'number' ? { minMs: value, maxMs: value } : value;
}
