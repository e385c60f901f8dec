import { randomBytes } from 'node:crypto';

const poolBytes = 4_096;

/** Random bytes in small pieces, taken from the kernel in larger draws; each byte is given out once. */
export class RandomDraws {
  #pool = Buffer.alloc(0);
  #used = 0;

  /** @param count - at most 4,096 */
  next(count: number): Buffer {
    if (this.#used + count > this.#pool.length) {
      this.#pool = randomBytes(poolBytes);
      this.#used = 0;
    }
    this.#used += count;
    return this.#pool.subarray(this.#used - count, this.#used);
  }
}
