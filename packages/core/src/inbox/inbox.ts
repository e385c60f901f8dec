import { readStored } from '../catalogue/notification-of.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Notification } from '../notification/notification.js';
import { typePattern } from '../notification/type-name.js';
import type { Store } from '../ports/store.js';
import {
  type Cursor,
  channelKey,
  cursorEntry,
  joinCursor,
  parseCursor,
} from '../positions/cursor.js';
import { findItems } from './find-items.js';
import { type Marked, type Marking, mark } from './inbox-change.js';
import type { InboxChanges } from './inbox-changes.js';
import type { InboxCounts, InboxLook } from './inbox-look.js';
import {
  type InboxQuery,
  type InboxSelection,
  resolveQuery,
  resolveSelection,
} from './inbox-request.js';
import { listInbox } from './list-inbox.js';
import type { Follower } from './membership.js';

/** A notification as its user has it in the inbox. */
export interface InboxItem<Item extends Notification = Notification> {
  /** What an older or newer version of the catalogue had of other types is there, too: leave it aside. */
  readonly notification: Item;
  readonly seen: boolean;
  readonly read: boolean;
  readonly archived: boolean;
}

/** Some of an inbox. */
export interface InboxPage<Item extends Notification = Notification> {
  /** The newest first. */
  readonly items: readonly InboxItem<Item>[];
  /** Of the whole inbox. */
  readonly counts: InboxCounts;
  /** Types that are neither shown nor counted. */
  readonly muted: readonly string[];
  /** Where older ones follow, for `before`; null where there are none. */
  readonly next: string | null;
  /** A stream that begins here shows exactly what this page and its counts do not take in. */
  readonly cursor: string;
}

/** What {@link Inbox} works with. */
export interface InboxContext {
  readonly follower: Follower;
  readonly channelNames: ChannelNames;
  readonly changes: InboxChanges;
  readonly store: Pick<Store, 'readAfter'>;
  /** Throws where the notifier takes no work. */
  readonly assertOpen: () => void;
  /** Has a drain wait. */
  readonly track: <Result>(work: Promise<Result>) => Promise<Result>;
}

const mostMuted = 100;

/**
 * The inbox of one user: what came to the user, to the groups and to all, as long as the store keeps it, with what
 * the user did with it. A change is told to all devices of the user as an `inbox.changed`. All methods reject with
 * `STORE_UNAVAILABLE`, `GROUPS_UNAVAILABLE`, `INBOX_UNREADABLE`, `NOT_STARTED` or `CLOSED`; those that change
 * something with `HEAD_MOVED`, too, where too many change the same inbox at once; all of these but
 * `INBOX_UNREADABLE` can be tried again, and what was done already is not done twice. What is asked for in a wrong
 * way rejects with `OPTIONS_INVALID` or `CURSOR_INVALID`.
 */
export class Inbox<Item extends Notification = Notification> {
  readonly userId: string;
  readonly #context: InboxContext;

  constructor(context: InboxContext) {
    this.userId = context.follower.userId;
    this.#context = context;
  }

  async list(query: InboxQuery = {}): Promise<InboxPage<Item>> {
    const { store, channelNames, changes } = this.#context;
    const { types, before, after, limit, maxBytes, ...only } = resolveQuery(query);
    const bounds = { before: parsed(before), after: parsed(after) };
    const look = await this.#look();
    const counts = await changes.count(look);
    const { muted } = look.state;
    const filter = { ...only, muted, types: types && new Set(types) };
    const { items, next } = await listInbox(look, { store, filter, limit, maxBytes, ...bounds });
    const { position, at } = look;
    const own = channelNames.inbox(this.userId);
    const entries = look.channels.map((each) => cursorEntry(channelKey(each.channel), each.head));
    return {
      items: items.map(({ envelope, ...marks }) => ({
        notification: readStored<Item>(envelope),
        ...marks,
      })),
      counts: { ...counts, position, at },
      muted: [...muted],
      next: next ?? null,
      cursor: joinCursor([cursorEntry(channelKey(own), position), ...entries]),
    };
  }

  /** How many are unread, and how many of these not even seen; neither archived nor muted ones. */
  async counts(): Promise<InboxCounts> {
    const look = await this.#look();
    const { position, at } = look;
    return { ...(await this.#context.changes.count(look)), position, at };
  }

  /** Those of some notifications that the user has seen, read, archived or removed; unknown ids are left out. */
  async seen(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const look = await this.#look();
    const places = await findItems(look, ids, this.#context.store);
    const marksOf = new Map(look.channels.map(({ channel, marks }) => [channel, marks]));
    const seen = [...places].filter(([, { channel, offset }]) => {
      const marks = marksOf.get(channel);
      return marks?.seen.has(offset) || marks?.read.has(offset) || !marks?.isListed(offset);
    });
    return new Set(seen.map(([id]) => id));
  }

  /** They were shown to the user, e.g. in an open bell. */
  markSeen(which: InboxSelection): Promise<InboxCounts> {
    return this.#mark('seen', which);
  }

  /** The user has opened them; they count as seen, too. */
  markRead(which: InboxSelection): Promise<InboxCounts> {
    return this.#mark('read', which);
  }

  /** They count as not read again. */
  markUnread(which: InboxSelection): Promise<InboxCounts> {
    return this.#mark('unread', which);
  }

  /** They are listed among the archived only, and not counted. */
  archive(which: InboxSelection): Promise<InboxCounts> {
    return this.#mark('archived', which);
  }

  /** Takes {@link archive} back. */
  unarchive(which: InboxSelection): Promise<InboxCounts> {
    return this.#mark('unarchived', which);
  }

  /** They are gone from this inbox, for good; other users' are not touched. */
  remove(which: InboxSelection): Promise<InboxCounts> {
    return this.#mark('removed', which);
  }

  /**
   * What is of this type is neither listed nor counted, until {@link unmute}. Streams still carry it. Rejects also
   * with `TYPE_UNKNOWN` for what is no name of a type, and with `LIMIT_EXCEEDED` beyond 100 muted types: what is
   * kept of a user stays small.
   */
  async mute(type: string): Promise<InboxCounts> {
    if (typeof type !== 'string' || !typePattern.test(type)) {
      throw new NotifyError('TYPE_UNKNOWN', `${JSON.stringify(type)} is not a valid type name`);
    }
    return this.#change(({ state: { muted } }) => {
      if (muted.has(type)) return undefined;
      if (muted.size >= mostMuted) {
        throw new NotifyError('LIMIT_EXCEEDED', `at most ${mostMuted} types are muted`);
      }
      muted.add(type);
      return { action: 'muted', type };
    });
  }

  unmute(type: string): Promise<InboxCounts> {
    return this.#change(({ state: { muted } }) => {
      return muted.delete(type) ? { action: 'unmuted', type } : undefined;
    });
  }

  /**
   * What comes to a group is not in this inbox any more, until the user follows it again. Where the notifier has
   * `groupsOf`, that alone decides.
   */
  leave(group: string): Promise<InboxCounts> {
    const channel = this.#context.channelNames.group(group);
    return this.#change((look) => {
      return look.leave(channel) ? { action: 'left', groups: [group] } : undefined;
    });
  }

  async #mark(marking: Marking, which: InboxSelection): Promise<InboxCounts> {
    this.#context.assertOpen();
    const selected = resolveSelection(which);
    if ('ids' in selected) {
      const look = await this.#look();
      const places = await findItems(look, selected.ids, this.#context.store);
      return this.#change((latest) => mark(latest, marking, { places }));
    }
    const cursor = 'upTo' in selected ? parsed(selected.upTo) : undefined;
    return this.#change((look) => mark(look, marking, this.#allOf(look, cursor)));
  }

  #allOf(look: InboxLook, cursor: Cursor | undefined): Marked {
    if (cursor === undefined) return { upTo: look.at };
    const upTo: Record<string, number> = {};
    for (const { channel, head } of look.channels) {
      const place = cursor.get(channelKey(channel));
      if (place?.epoch === head.epoch) upTo[channel] = place.offset;
    }
    return { upTo };
  }

  async #change(work: Parameters<InboxChanges['change']>[1]): Promise<InboxCounts> {
    const { changes, follower, assertOpen, track } = this.#context;
    assertOpen();
    return track(changes.change(follower, work));
  }

  async #look(): Promise<InboxLook> {
    const { changes, follower, assertOpen } = this.#context;
    assertOpen();
    return changes.look(follower);
  }
}

function parsed(cursor: string | undefined): Cursor | undefined {
  return cursor === undefined ? undefined : parseCursor(cursor);
}
