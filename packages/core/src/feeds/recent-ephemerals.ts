import type { Envelope } from '../notification/notification.js';

/**
 * Remembers the last ephemeral notifications, so that each is delivered at most once: they have no
 * offset by which a broker's echo or repetition would show.
 */
export class RecentEphemerals {
  readonly #max: number;
  readonly #seen = new Set<string>();

  /** @param max - remembered at most; the oldest are forgotten first */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether it was not seen before; it is seen from now on. */
  add({ id, channel }: Envelope): boolean {
    const key = `${id} ${channel}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > this.#max) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return true;
  }
}
