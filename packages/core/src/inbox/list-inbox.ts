import type { StoredEnvelope } from '../notification/notification.js';
import type { Store } from '../ports/store.js';
import { type Cursor, channelKey, cursorEntry, joinCursor } from '../positions/cursor.js';
import { BackwardLog, type InboxFilter } from './backward-log.js';
import type { InboxChannel, InboxLook } from './inbox-look.js';

/** What is wanted of an inbox. */
export interface ListContext {
  readonly store: Pick<Store, 'readAfter'>;
  readonly filter: InboxFilter;
  readonly limit: number;
  readonly maxBytes: number;
  /** Only what is older than this; the `next` of another page. */
  readonly before?: Cursor | undefined;
  /** Only what is newer than this; a cursor. */
  readonly after?: Cursor | undefined;
}

/** A notification as its user has it in the inbox. */
export interface InboxItem {
  readonly envelope: StoredEnvelope;
  readonly seen: boolean;
  readonly read: boolean;
  readonly archived: boolean;
}

/** Some of an inbox, the newest first. */
export interface Listed {
  readonly items: readonly InboxItem[];
  /** Where older ones follow; undefined where there are none. */
  readonly next: string | undefined;
}

const pageItems = 50;

/** By offset within a channel, by time between channels, whatever the publishers' clocks say. */
export async function listInbox(look: InboxLook, context: ListContext): Promise<Listed> {
  const { store, filter, limit } = context;
  const logs = look.channels.map((channel) => {
    const bounded = boundedBelow(channel, context.after);
    return new BackwardLog(
      bounded,
      lastOf(bounded, context.before),
      filter,
      Math.min(limit, pageItems),
    );
  });
  const items: InboxItem[] = [];
  let bytes = 0;
  for (;;) {
    await Promise.all(logs.map((log) => log.fill(store)));
    const newest = newestOf(logs);
    if (newest?.next === undefined) return { items, next: undefined };
    bytes += Buffer.byteLength(newest.next.dataJson);
    if (items.length === limit || (bytes > context.maxBytes && items.length > 0)) break;
    items.push(itemOf(newest.next, newest.channel));
    newest.take();
  }
  const entries = logs.map(({ channel: { channel, head }, rest }) =>
    cursorEntry(channelKey(channel), { ...head, offset: rest }),
  );
  return { items, next: joinCursor(entries) };
}

function newestOf(logs: readonly BackwardLog[]): BackwardLog | undefined {
  let newest: BackwardLog | undefined;
  for (const log of logs) {
    if (log.next !== undefined && isNewer(log.next, newest?.next)) newest = log;
  }
  return newest;
}

/** Ids that one node made sort in the order in which they were made. */
function isNewer(one: StoredEnvelope, other: StoredEnvelope | undefined): boolean {
  if (other === undefined) return true;
  return one.time === other.time ? one.id > other.id : one.time > other.time;
}

function itemOf(envelope: StoredEnvelope, { marks }: InboxChannel): InboxItem {
  const { offset } = envelope;
  const read = marks.read.has(offset);
  const seen = read || marks.seen.has(offset);
  return { envelope, seen, read, archived: marks.archived.has(offset) };
}

function boundedBelow(channel: InboxChannel, after: Cursor | undefined): InboxChannel {
  const bound = after?.get(channelKey(channel.channel));
  if (bound === undefined || bound.epoch !== channel.head.epoch) return channel;
  return { ...channel, first: Math.max(channel.first, bound.offset + 1) };
}

/** A channel that a page did not know has nothing older than what it showed. */
function lastOf({ channel, head }: InboxChannel, before: Cursor | undefined): number {
  if (before === undefined) return head.offset;
  const bound = before.get(channelKey(channel));
  return bound?.epoch === head.epoch ? Math.min(bound.offset, head.offset) : 0;
}
