import { randomBytes } from 'node:crypto';

const poolBytes = 4_096;
const randomBytesPerId = 10;

/**
 * Makes UUIDv7 texts (RFC 9562, 5.7): 48 bits of milliseconds since 1970 UTC, then random bits.
 * Random bytes are taken from the kernel in larger draws; each byte is used once.
 */
export class UuidV7Source {
  #pool = Buffer.alloc(0);
  #used = 0;

  /** @param time - milliseconds since 1970 UTC, 0 to 2^48 - 1 */
  next(time: number): string {
    if (this.#used + randomBytesPerId > this.#pool.length) {
      this.#pool = randomBytes(poolBytes);
      this.#used = 0;
    }
    const random = this.#pool.subarray(this.#used, this.#used + randomBytesPerId);
    this.#used += randomBytesPerId;
    random[0] = ((random[0] ?? 0) & 0x0f) | 0x70;
    random[2] = ((random[2] ?? 0) & 0x3f) | 0x80;
    const clock = time.toString(16).padStart(12, '0');
    const rest = random.toString('hex');
    return `${clock.slice(0, 8)}-${clock.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
  }
}
