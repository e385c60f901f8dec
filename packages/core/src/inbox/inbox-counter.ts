import type { Store } from '../ports/store.js';
import type { InboxChannel, InboxLook } from './inbox-look.js';
import { KnownTypes } from './known-types.js';

/** How many are unread, and how many of these not even seen. */
export interface InboxNumbers {
  readonly unread: number;
  readonly unseen: number;
}

/**
 * Counts what inboxes hold. It follows from where the logs begin and end and from the marks alone, since logs are
 * whole; only where types are muted the notifications in question are read, once, for their type.
 */
export class InboxCounter {
  readonly #types: KnownTypes;

  constructor(store: Pick<Store, 'readAfter'>) {
    this.#types = new KnownTypes(store);
  }

  async count({ channels, state: { muted } }: InboxLook): Promise<InboxNumbers> {
    const counts = { unread: 0, unseen: 0 };
    for (const channel of channels) {
      const isMuted = muted.size === 0 ? () => false : await this.#mutedIn(channel, muted);
      for (let offset = firstUnread(channel); offset <= channel.head.offset; offset += 1) {
        if (!isUnread(channel, offset) || isMuted(offset)) continue;
        counts.unread += 1;
        if (!channel.marks.seen.has(offset)) counts.unseen += 1;
      }
    }
    return counts;
  }

  async #mutedIn(channel: InboxChannel, muted: ReadonlySet<string>) {
    const first = firstUnread(channel);
    const last = channel.marks.read.lastMissing(first, channel.head.offset) ?? 0;
    if (last < first) return () => false;
    const typeAt = await this.#types.of({ ...channel, first, last });
    return (offset: number) => {
      const type = typeAt(offset);
      return type === undefined || muted.has(type);
    };
  }
}

function firstUnread({ first, marks }: InboxChannel): number {
  return Math.max(first, marks.read.upTo + 1);
}

function isUnread({ marks }: InboxChannel, offset: number): boolean {
  return marks.isListed(offset) && !marks.read.has(offset);
}
