import { isDeepStrictEqual } from 'node:util';
import type { Notification } from './notification.js';

/** What many readers of one process are shown, kept once where they are shown the same. */
export class Sightings {
  readonly #byPlace = new Map<string, Notification>();

  /** The first one that was seen equal to this one in all members, else this one. */
  keep(notification: Notification): Notification {
    const { channel, epoch, offset } = notification;
    if (offset === null) return notification;
    const place = `${channel}#${epoch}#${offset}`;
    const first = this.#byPlace.get(place);
    if (first === undefined) {
      this.#byPlace.set(place, notification);
      return notification;
    }
    return isDeepStrictEqual(first, notification) ? first : notification;
  }
}
