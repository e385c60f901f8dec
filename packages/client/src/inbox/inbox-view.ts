import { ChangeLog, isNewer } from './change-log.js';
import { Entry, type StoredNotification } from './entry.js';
import {
  changeOf,
  type InboxCounts,
  type InboxItem,
  type InboxPage,
  type InboxVersion,
  type Notification,
  type PlacedChange,
} from './inbox-messages.js';
import { newestFirst } from './newest-first.js';

/** What an {@link InboxView} takes. */
export interface InboxViewOptions {
  /** Notifications, and changes, that are kept before the view asks to be loaded anew, 1,000 of each. */
  readonly maxKept?: number;
}

/** What there is to show. The same object as long as nothing changes. */
export interface InboxViewState {
  /** The newest first; neither archived nor muted ones. */
  readonly items: readonly InboxItem[];
  readonly unread: number;
  readonly unseen: number;
  readonly muted: readonly string[];
  /** Where older ones follow, for `?before=`; null where all are there, or nothing was loaded yet. */
  readonly next: string | null;
  /** The last change that the numbers take in; undefined before the first page. */
  readonly version: InboxVersion | undefined;
  /** The items may differ from the server's: {@link InboxView.load} a page anew. The numbers are right. */
  readonly stale: boolean;
}

/**
 * An inbox as one window or device shows it. Give it a page, then all that a stream brings that begins at the
 * page's cursor, of whatever transport, also repeated; between channels in any order. The view does no I/O.
 */
export class InboxView {
  readonly #maxKept: number;
  readonly #log: ChangeLog;
  readonly #entries = new Map<string, Entry>();
  /** What came, in a page or by a stream: a later change may count less than a page did that shows it. */
  readonly #received = new Map<string, StoredNotification>();
  /** Ids of what may not be in the logs any more. */
  readonly #doubtful = new Set<string>();
  /** By channel in the inbox: a stream's notifications up to here are not taken, the page has them. */
  #bases: ReadonlyMap<string, number> = new Map();
  readonly #epochs = new Map<string, string>();
  #muted = new Set<string>();
  readonly #listeners = new Set<(state: InboxViewState) => void>();
  #counts: (InboxCounts & { readonly muted: ReadonlySet<string> }) | undefined;
  #next: string | null = null;
  #stale = false;
  #state: InboxViewState | undefined;

  constructor({ maxKept = 1_000 }: InboxViewOptions = {}) {
    this.#maxKept = maxKept;
    this.#log = new ChangeLog(maxKept);
  }

  get state(): InboxViewState {
    this.#state ??= this.#look();
    return this.#state;
  }

  /**
   * Calls the listener after each change of {@link state}, until the function that is returned is called. What a
   * listener throws is thrown by what made the change, once all listeners were called.
   */
  on(_event: 'change', listener: (state: InboxViewState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Shows a page, the first or a later one, in place of what was loaded before; what came after it stays. */
  load(page: InboxPage): void {
    const later = [...this.#entries.values()].filter(
      ({ notification: { id, channel, offset } }) => {
        return offset > (page.at[channel] ?? 0) && !this.#doubtful.has(id);
      },
    );
    this.#log.beginAfter(page.version);
    this.#entries.clear();
    for (const id of this.#doubtful) this.#received.delete(id);
    this.#doubtful.clear();
    this.#epochs.clear();
    this.#stale = false;
    this.#bases = new Map(Object.entries(page.at));
    this.#muted = new Set(page.muted);
    this.#next = page.next;
    for (const entry of later) this.#keep(entry);
    for (const entry of entriesOf(page)) {
      this.#receive(entry.notification);
      this.#keep(entry);
    }
    this.#recount(page, page.muted);
    for (const placed of this.#log) this.#apply(placed);
    this.#changed();
  }

  /** Adds older ones: the page that `?before=` {@link InboxViewState.next} answered. */
  append(page: InboxPage): void {
    if (!this.#log.reaches(page.version)) this.#stale = true;
    for (const entry of entriesOf(page)) {
      this.#receive(entry.notification);
      const later = [...this.#log].filter((placed) => !entry.knows(placed));
      const isLeft = later.some(({ change: { at } }) => !(entry.notification.channel in at));
      if (isLeft || this.#entries.has(entry.notification.id)) continue;
      for (const placed of later) entry.apply(placed);
      this.#keep(entry);
    }
    this.#next = page.next;
    this.#recount(page, page.muted);
    this.#changed();
  }

  /** Takes what a stream brings, whatever it is. */
  take(notification: Notification): void {
    const placed = changeOf(notification);
    if (placed !== undefined) {
      if (!this.#log.add(placed)) return;
      this.#apply(placed);
      this.#recount({ ...placed.change, version: placed.version }, this.#muted);
    } else {
      if (!isStored(notification)) return;
      const isNew = this.#receive(notification);
      if (!this.#takeStored(notification) && !isNew) return;
    }
    this.#changed();
  }

  /**
   * Says that a stream goes on without what was missed (`recovered` is false). Pages that were asked for before are
   * not to be loaded any more.
   */
  lost(): void {
    this.#stale = true;
    for (const id of this.#received.keys()) this.#doubtful.add(id);
    this.#changed();
  }

  /** Returns whether it is new. */
  #receive(notification: StoredNotification): boolean {
    const { id } = notification;
    if (this.#received.has(id)) return false;
    this.#received.set(id, notification);
    const [oldest] = this.#received.values();
    if (this.#received.size <= this.#maxKept || oldest === undefined) return true;
    if (this.#isLater(oldest)) this.#stale = true;
    this.#received.delete(oldest.id);
    return true;
  }

  /** Whether it is in the inbox and not in the numbers. */
  #isLater({ channel, offset, type }: StoredNotification): boolean {
    const { at, muted } = this.#counts ?? {};
    return offset > (at?.[channel] ?? offset) && !muted?.has(type);
  }

  #takeStored(notification: StoredNotification): boolean {
    const { id, channel, offset } = notification;
    if (this.#entries.has(id) || offset <= (this.#bases.get(channel) ?? 0)) return false;
    const entry = new Entry(notification);
    for (const placed of this.#log) entry.apply(placed);
    this.#keep(entry);
    return true;
  }

  #keep(entry: Entry): void {
    const { id, channel, epoch } = entry.notification;
    if ((this.#epochs.get(channel) ?? epoch) !== epoch) this.#doubt(channel, epoch);
    this.#epochs.set(channel, epoch);
    this.#entries.set(id, entry);
    if (this.#entries.size > this.#maxKept) this.#forgetOne();
  }

  /** Another life of a channel's log has begun: places of the former one say nothing any more. */
  #doubt(channel: string, epoch: string): void {
    this.#stale = true;
    for (const each of this.#received.values()) {
      if (each.channel === channel && each.epoch !== epoch) this.#doubtful.add(each.id);
    }
  }

  #forgetOne(): void {
    for (const [id, { notification }] of this.#entries) {
      this.#entries.delete(id);
      if (this.#bases.has(notification.channel)) this.#stale = true;
      return;
    }
  }

  /** Of an older version nothing is taken. */
  #recount({ unread, unseen, at, version }: InboxCounts, muted: Iterable<string>): void {
    const known = this.#counts?.version;
    if (known !== undefined && isNewer(known, version)) return;
    this.#counts = { unread, unseen, at, version, muted: new Set(muted) };
  }

  #apply(placed: PlacedChange): void {
    const { action, type, ids } = placed.change;
    if (action === 'muted' && type !== undefined) this.#muted.add(type);
    if (action === 'unmuted' && type !== undefined) this.#muted.delete(type);
    // What was not listed until now is not all known here.
    const isKnown = ids?.every((id) => this.#entries.has(id)) ?? false;
    if (action === 'unmuted' || (action === 'unarchived' && !isKnown)) this.#stale = true;
    this.#joinAndLeave(placed);
    for (const entry of this.#entries.values()) entry.apply(placed);
  }

  /** The channels of the inbox are those that a change counts; what was there before one was joined is not in it. */
  #joinAndLeave(placed: PlacedChange): void {
    const bases = new Map<string, number>();
    for (const [channel, offset] of Object.entries(placed.change.at)) {
      bases.set(channel, this.#bases.get(channel) ?? offset);
    }
    for (const [id, entry] of this.#entries) {
      const { channel, offset } = entry.notification;
      const isJoined = bases.has(channel) && !this.#bases.has(channel);
      if (isJoined && offset <= (bases.get(channel) ?? 0)) this.#entries.delete(id);
    }
    this.#bases = bases;
  }

  #look(): InboxViewState {
    const counts = this.#counts;
    const entries = [...this.#entries.values()];
    const shown = entries.filter(({ isListed, notification: { channel, type } }) => {
      return isListed && this.#bases.has(channel) && !this.#muted.has(type);
    });
    const later = [...this.#received.values()].filter((each) => this.#isLater(each));
    return Object.freeze({
      items: newestFirst(shown).map(({ item }) => item),
      unread: (counts?.unread ?? 0) + later.length,
      unseen: (counts?.unseen ?? 0) + later.length,
      muted: [...this.#muted],
      next: this.#next,
      version: counts?.version,
      stale: this.#stale || !this.#log.isWhole,
    });
  }

  #changed(): void {
    this.#state = undefined;
    const errors: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(this.state);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

function entriesOf({ items, version }: InboxPage): Entry[] {
  return items.flatMap((item) => (isStored(item) ? [Entry.ofPage(item, version.offset)] : []));
}

/** What is not stored has no place in an inbox, nor has what an inbox tells. */
function isStored<Given extends Notification>(given: Given): given is Given & StoredNotification {
  return given.epoch !== null && given.offset !== null && !given.type.startsWith('inbox.');
}
