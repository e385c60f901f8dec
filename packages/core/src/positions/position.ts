/** The epoch of a channel that has no log yet; a real epoch is never this. */
export const NO_EPOCH = '0';

/** The tag at offset 0, where there is no notification to take one from, and where it is not known. */
export const NO_TAG = '00000000';

/**
 * A place in a channel's log. Offsets count 1, 2, 3 ...; 0 is before the first. The epoch names one
 * life of the log. The tag is four bytes of the id of the notification at `offset`: a position whose
 * tag does not fit tells that the store lost data and counted these offsets again.
 */
export interface Position {
  /** 1 to 16 of `[0-9a-z]`; {@link NO_EPOCH} while the channel has no log. */
  readonly epoch: string;
  readonly offset: number;
  /** 8 hexadecimal digits; {@link NO_TAG} at offset 0. */
  readonly tag: string;
}

/** The position before the first notification of a channel that has no log yet. */
export const originPosition: Position = Object.freeze({ epoch: NO_EPOCH, offset: 0, tag: NO_TAG });

/** The tag of a notification: the last four bytes of its UUIDv7, which are random. */
export function tagOf(notificationId: string): string {
  return notificationId.slice(-8);
}

/** The place of a stored notification. */
export function positionOf(stored: {
  readonly epoch: string;
  readonly offset: number;
  readonly id: string;
}): Position {
  return { epoch: stored.epoch, offset: stored.offset, tag: tagOf(stored.id) };
}

/**
 * Whether a log that ends at `head` has lost `known`, a place of the same epoch that was given out. A log
 * that ends beyond it has to be read to tell.
 */
export function isCutBefore(head: Position, known: Position): boolean {
  if (head.epoch !== known.epoch) return false;
  return head.offset < known.offset || (head.offset === known.offset && head.tag !== known.tag);
}

/** Whether `tag` may be that of the notification at a place: true, too, where either is not known. */
export function mayHaveTag(place: Position, tag: string = NO_TAG): boolean {
  return tag === place.tag || tag === NO_TAG || place.tag === NO_TAG;
}

/** Whether two positions are the same place in the same life of a log. */
export function samePosition(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.offset === b.offset && a.tag === b.tag;
}
