/** A notification as every transport brings it: PROTOCOL.md, section 1. */
export interface Notification {
  readonly id: string;
  readonly type: string;
  readonly channel: string;
  /** Null, like the offset, where it is not stored. */
  readonly epoch: string | null;
  readonly offset: number | null;
  /** The publisher's clock, milliseconds since 1970 UTC. */
  readonly time: number;
  readonly data: unknown;
}

/** A notification as the user has it in the inbox. */
export interface InboxItem extends Notification {
  readonly seen: boolean;
  readonly read: boolean;
  readonly archived: boolean;
}

/** A place among the changes of an inbox. */
export interface InboxVersion {
  readonly epoch: string;
  readonly offset: number;
}

/** How many there are, and what these numbers take in: PROTOCOL.md, section 5. */
export interface InboxCounts {
  readonly unread: number;
  readonly unseen: number;
  /** Up to which offset of each channel notifications are counted. */
  readonly at: Readonly<Record<string, number>>;
  /** The last change that is counted. */
  readonly version: InboxVersion;
}

/** What `GET` of the inbox answers. */
export interface InboxPage extends InboxCounts {
  readonly items: readonly InboxItem[];
  readonly muted: readonly string[];
  readonly next: string | null;
  readonly cursor: string;
}

/** What an `inbox.changed` tells. */
export interface InboxChange extends Omit<InboxCounts, 'version'> {
  /** `seen`, `read`, `unread`, `archived`, `unarchived`, `removed`, `muted`, `unmuted`, `joined` or `left`. */
  readonly action: string;
  readonly ids?: readonly string[];
  readonly upTo?: Readonly<Record<string, number>>;
  readonly type?: string;
  readonly groups?: readonly string[];
}

/** A change and its place. */
export interface PlacedChange {
  readonly change: InboxChange;
  readonly version: InboxVersion;
}

/** The change that a notification tells of; undefined where it tells of none. */
export function changeOf({ type, epoch, offset, data }: Notification): PlacedChange | undefined {
  if (type !== 'inbox.changed' || epoch === null || offset === null) return undefined;
  return isChange(data) ? { change: data, version: { epoch, offset } } : undefined;
}

function isChange(data: unknown): data is InboxChange {
  if (typeof data !== 'object' || data === null) return false;
  const { action, unread, unseen, at }: Partial<InboxChange> = data;
  const isCounted = typeof unread === 'number' && typeof unseen === 'number';
  return typeof action === 'string' && isCounted && typeof at === 'object' && at !== null;
}
