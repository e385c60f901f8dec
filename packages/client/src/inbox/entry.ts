import type { InboxItem, Notification, PlacedChange } from './inbox-messages.js';

/** A notification that is stored. */
export type StoredNotification = Notification & {
  readonly epoch: string;
  readonly offset: number;
};

/** A notification of the view, and what the user did with it as far as the view knows. */
export class Entry {
  readonly notification: StoredNotification;
  #seen = false;
  #read = false;
  #archived = false;
  #removed = false;
  /** Changes up to this offset are in the flags. */
  #asOf = 0;
  #item: InboxItem | undefined;

  constructor(notification: StoredNotification) {
    this.notification = notification;
  }

  /** What a page shows: its flags are those after the change at `asOf`. */
  static ofPage(item: InboxItem & StoredNotification, asOf: number): Entry {
    const { seen, read, archived, ...notification } = item;
    const entry = new Entry(notification);
    entry.#seen = seen;
    entry.#read = read;
    entry.#archived = archived;
    entry.#asOf = asOf;
    return entry;
  }

  /** Neither archived nor removed. */
  get isListed(): boolean {
    return !this.#archived && !this.#removed;
  }

  /** The same object as long as nothing changes. */
  get item(): InboxItem {
    this.#item ??= Object.freeze({
      ...this.notification,
      seen: this.#seen,
      read: this.#read,
      archived: this.#archived,
    });
    return this.#item;
  }

  /** Whether the change is in what the entry shows already. */
  knows({ version }: PlacedChange): boolean {
    return version.offset <= this.#asOf;
  }

  apply(placed: PlacedChange): void {
    if (this.knows(placed)) return;
    this.#asOf = placed.version.offset;
    if (!this.#isMeant(placed)) return;
    this.#item = undefined;
    switch (placed.change.action) {
      case 'seen':
        this.#seen = true;
        break;
      case 'read':
        this.#seen = true;
        this.#read = true;
        break;
      case 'unread':
        this.#read = false;
        break;
      case 'archived':
      case 'unarchived':
        this.#archived = placed.change.action === 'archived';
        break;
      case 'removed':
        this.#removed = true;
        break;
    }
  }

  #isMeant({ change: { ids, upTo } }: PlacedChange): boolean {
    const { id, channel, offset } = this.notification;
    return ids?.includes(id) === true || offset <= (upTo?.[channel] ?? 0);
  }
}
