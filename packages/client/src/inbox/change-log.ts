import type { InboxVersion, PlacedChange } from './inbox-messages.js';

/**
 * The latest changes of an inbox, in their order: what comes late (a notification, a page that was read before
 * them) is brought up to date with these.
 */
export class ChangeLog {
  readonly #maxChanges: number;
  #changes: PlacedChange[] = [];
  /** The last change that is not kept; undefined where the first one is not known. */
  #before: InboxVersion | undefined;
  #isWhole = true;

  constructor(maxChanges: number) {
    this.#maxChanges = maxChanges;
  }

  /** The place of the last change known. */
  get version(): InboxVersion | undefined {
    return this.#changes.at(-1)?.version ?? this.#before;
  }

  /** Whether all changes from its beginning on are there: none was missed, none of another life of the log came. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  [Symbol.iterator](): Iterator<PlacedChange> {
    return this.#changes[Symbol.iterator]();
  }

  /** Returns whether it is new. */
  add(placed: PlacedChange): boolean {
    const known = this.version;
    if (known !== undefined) {
      if (isSameLife(placed.version, known) && !isNewer(placed.version, known)) return false;
      const isNext = placed.version.offset === known.offset + 1;
      if (!isNext || !isSameLife(placed.version, known)) this.#isWhole = false;
    }
    this.#changes.push(placed);
    if (this.#changes.length > this.#maxChanges) {
      this.#before = this.#changes.shift()?.version;
      this.#isWhole = false;
    }
    return true;
  }

  /** Whether every change after a place, up to the last one known, is there. */
  reaches(place: InboxVersion): boolean {
    const latest = this.version;
    if (latest === undefined || !isSameLife(latest, place)) return true;
    const after = this.#after(place);
    const hasHole = after.some(({ version }, i) => version.offset !== place.offset + 1 + i);
    return !hasHole && latest.offset <= place.offset + after.length;
  }

  /** Forgets all up to a place. What was told in another life of the log is of no use any more. */
  beginAfter(place: InboxVersion): void {
    this.#isWhole = this.reaches(place);
    this.#changes = this.#after(place);
    this.#before = place;
  }

  #after(place: InboxVersion): PlacedChange[] {
    return this.#changes.filter(({ version }) => isNewer(version, place));
  }
}

/** Whether one place is behind another one, in the same life of the log. */
export function isNewer(one: InboxVersion, other: InboxVersion): boolean {
  return isSameLife(one, other) && one.offset > other.offset;
}

/** The epoch before the first change is none. */
export function isSameLife(one: InboxVersion, other: InboxVersion): boolean {
  return one.epoch === other.epoch || one.offset === 0 || other.offset === 0;
}
