import type { Store } from '../ports/store.js';
import type { InboxChannel, InboxLook } from './inbox-look.js';

/** Items read at once where types are muted. */
const pageItems = 200;
const pageBytes = 512 * 1024;

type Numbers = { unread: number; unseen: number };

/**
 * Counts what an inbox holds. It follows from where the logs begin and end and from the marks alone, since logs are
 * whole; only where types are muted the notifications in question are read, for their type.
 */
export async function countInbox(
  { channels, state }: InboxLook,
  store: Pick<Store, 'readAfter'>,
): Promise<Readonly<Numbers>> {
  const counts: Numbers = { unread: 0, unseen: 0 };
  for (const channel of channels) {
    if (state.muted.size === 0) countAll(channel, counts);
    else await countUnmuted(channel, state.muted, store, counts);
  }
  return counts;
}

function countAll(channel: InboxChannel, counts: Numbers): void {
  const first = Math.max(channel.first, channel.marks.read.upTo + 1);
  for (let offset = first; offset <= channel.head.offset; offset += 1) {
    countOne(channel, offset, counts);
  }
}

function countOne({ marks }: InboxChannel, offset: number, counts: Numbers): void {
  if (!marks.isListed(offset) || marks.read.has(offset)) return;
  counts.unread += 1;
  if (!marks.seen.has(offset)) counts.unseen += 1;
}

async function countUnmuted(
  channel: InboxChannel,
  muted: ReadonlySet<string>,
  store: Pick<Store, 'readAfter'>,
  counts: Numbers,
): Promise<void> {
  const { head, marks, first } = channel;
  const last = marks.read.lastMissing(first, head.offset) ?? 0;
  for (let after = first - 1; after < last; ) {
    const request = { channel: channel.channel, after, limit: pageItems, maxBytes: pageBytes };
    const [page] = await store.readAfter([request]);
    const items = page?.items ?? [];
    for (const { offset, type } of items) {
      if (offset <= last && !muted.has(type)) countOne(channel, offset, counts);
    }
    const end = items.at(-1)?.offset;
    if (end === undefined) return;
    after = end;
  }
}
