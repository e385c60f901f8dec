import type { ChannelMarks } from './channel-marks.js';
import type { Place } from './find-items.js';
import type { InboxCounts, InboxLook } from './inbox-look.js';

/** What can be done with notifications. */
export type Marking = 'seen' | 'read' | 'unread' | 'archived' | 'unarchived' | 'removed';

/** The type of the notification on `inbox:<user>` that tells a user's devices of a change. */
export const inboxChangedType = 'inbox.changed';

/**
 * What changed, as `data` of an `inbox.changed`, with the counts after it. Devices apply it to what they show,
 * so that no two of them differ.
 */
export interface InboxChange extends Omit<InboxCounts, 'position'> {
  readonly action: Marking | 'muted' | 'unmuted' | 'joined' | 'left';
  /** Those notifications. */
  readonly ids?: readonly string[];
  /** All notifications up to these offsets, by channel. */
  readonly upTo?: Readonly<Record<string, number>>;
  /** The type that was muted or is no more. */
  readonly type?: string;
  /** The groups that the inbox takes in now, or no more. */
  readonly groups?: readonly string[];
}

/** Notifications by their id, with their place. */
interface ByPlace {
  readonly places: ReadonlyMap<string, Place>;
}

/** All up to an offset of each channel. */
interface UpTo {
  readonly upTo: Readonly<Record<string, number>>;
}

/** What is to be marked. */
export type Marked = ByPlace | UpTo;

/** Marks in the state of `look`. Returns what has changed by it; undefined where nothing has. */
export function mark(
  look: InboxLook,
  marking: Marking,
  marked: Marked,
): Pick<InboxChange, 'action' | 'ids' | 'upTo'> | undefined {
  const changed =
    'upTo' in marked ? markAll(look, marking, marked) : markSome(look, marking, marked);
  return changed && { action: marking, ...changed };
}

function markSome(look: InboxLook, marking: Marking, { places }: ByPlace) {
  const ids: string[] = [];
  for (const { channel, marks, first, head } of look.channels) {
    for (const [id, { offset, epoch, channel: where }] of places) {
      const isHere = where === channel && epoch === head.epoch && offset >= first;
      if (!isHere || isMarked(marks, marking, offset)) continue;
      markOne(marks, marking, offset);
      ids.push(id);
    }
  }
  return ids.length === 0 ? undefined : { ids };
}

function markAll(look: InboxLook, marking: Marking, { upTo: wanted }: UpTo) {
  const upTo: Record<string, number> = {};
  for (const { channel, marks, first, head } of look.channels) {
    const last = Math.min(wanted[channel] ?? 0, head.offset);
    const before = JSON.stringify(marks.toJson());
    markUpTo(marks, marking, last, first);
    if (JSON.stringify(marks.toJson()) !== before) upTo[channel] = last;
  }
  return Object.keys(upTo).length === 0 ? undefined : { upTo };
}

function isMarked(marks: ChannelMarks, marking: Marking, offset: number): boolean {
  if (marking === 'unread') return !marks.read.has(offset);
  if (marking === 'unarchived') return !marks.archived.has(offset);
  return marks[marking].has(offset);
}

function markOne(marks: ChannelMarks, marking: Marking, offset: number): void {
  if (marking === 'unread') marks.read.delete(offset);
  else if (marking === 'unarchived') marks.archived.delete(offset);
  else marks[marking].add(offset);
  if (marking === 'read') marks.seen.add(offset);
}

function markUpTo(marks: ChannelMarks, marking: Marking, upTo: number, first: number): void {
  if (marking === 'unread' || marking === 'unarchived') {
    for (let offset = upTo; offset >= first; offset -= 1) markOne(marks, marking, offset);
    return;
  }
  marks[marking].addUpTo(upTo);
  if (marking === 'read') marks.seen.addUpTo(upTo);
}
