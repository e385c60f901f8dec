import { RandomDraws } from '../random/random-draws.js';

const bytesPerId = 10;
const maxCount = 0xfff;

/**
 * Makes UUIDv7 texts (RFC 9562, 5.7): 48 bits of milliseconds since 1970 UTC, a 12-bit counter within
 * the millisecond (6.2, method 1), 62 random bits. Ids of one source sort in the order in which they
 * were made, also when the clock is set back.
 */
export class UuidV7Source {
  readonly #draws = new RandomDraws();
  #time = 0;
  #count = 0;

  /** @param time - milliseconds since 1970 UTC, 0 to 2^48 - 2 */
  next(time: number): string {
    const random = this.#draws.next(bytesPerId);
    this.#step(time, random);
    const clock = this.#time.toString(16).padStart(12, '0');
    const count = this.#count.toString(16).padStart(3, '0');
    random[2] = ((random[2] ?? 0) & 0x3f) | 0x80;
    const rest = random.toString('hex', 2);
    return `${clock.slice(0, 8)}-${clock.slice(8)}-7${count}-${rest.slice(0, 4)}-${rest.slice(4)}`;
  }

  /** Moves on within the millisecond; begins the next where the counter is used up. */
  #step(time: number, random: Buffer): void {
    if (time <= this.#time && this.#count < maxCount) {
      this.#count += 1;
      return;
    }
    this.#time = Math.max(time, this.#time + 1);
    // The upper half is left for counting.
    this.#count = random.readUInt16BE(0) & (maxCount >> 1);
  }
}
