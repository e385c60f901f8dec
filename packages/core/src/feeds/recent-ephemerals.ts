import { OldestFirst } from '../collections/oldest-first.js';
import type { Envelope } from '../notification/notification.js';

/**
 * Remembers the last ephemeral and provisional notifications, so that each is delivered at most once: they
 * have no offset by which a broker's echo or repetition would show.
 */
export class RecentEphemerals {
  readonly #max: number;
  readonly #seen = new OldestFirst<string, true>();

  /** @param max - remembered at most; the oldest are forgotten first */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether it was not seen before; it is seen from now on. */
  add({ id, channel }: Envelope): boolean {
    const key = `${id} ${channel}`;
    if (this.#seen.has(key)) return false;
    this.#seen.set(key, true);
    const oldest = this.#seen.size > this.#max ? this.#seen.oldest() : undefined;
    if (oldest !== undefined) this.#seen.delete(oldest[0]);
    return true;
  }
}
