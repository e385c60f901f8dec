/**
 * Where a log stands: what the newest thing in it says, and its head document.
 * Dates are milliseconds by the server's clock.
 */
export interface Head {
  /** Counts everything that was ever put into the log: notifications and renewals of its epoch. */
  readonly seq: number;
  readonly epoch: string;
  readonly offset: number;
  readonly tag: string;
  /** Bytes of data that the channel has been given so far. */
  readonly sum: number;
  /** The first offset that is kept, as far as count and bytes go. */
  readonly start: number;
  /** Bytes given before that one; perhaps less, never more. */
  readonly base: number;
  /** `seq` of what brought the present state; 0: there is none. */
  readonly stateSeq: number;
  /** When the newest notification was appended. */
  readonly at: number;
  /**
   * Numbers of drafts that relays have appended and may not have taken out of the outbox yet. It is put down with
   * the appends, so that none is done twice, however long a relay was away in between.
   */
  readonly relayed?: readonly number[];
}

/** Of each channel one, found by name. It outlives what the log holds. Only ever moves forward. */
export interface HeadDocument extends Head {
  /** The channel. */
  readonly _id: string;
  /** That of `stateSeq`. */
  readonly state?: string;
  readonly expireAt?: Date;
}

/** What a log holds at one `seq`, and where it stood with that. Never changed once it is there. */
export interface EntryDocument extends Head {
  /** {@link entryKey}: whoever puts it in first has the place. */
  readonly _id: string;
  /** Absent where the epoch was renewed and nothing appended. */
  readonly item?: ItemDocument;
  /** `<channel>\n<key>`: the idempotency key. */
  readonly keyed?: string;
  readonly digest?: string;
  /** The whole state, where it brought one; taken out once the head has a newer one. */
  readonly state?: string;
  readonly expireAt?: Date;
}

/** A notification. */
export interface ItemDocument {
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly data: string;
  readonly trace?: string;
  /** Bytes of data given before this one. */
  readonly before: number;
  readonly previous: string;
}

/**
 * A place stays taken for this long after its entry was put in, whatever is kept: an insert that was sent before
 * that must not find it free. No call of ours waits for so long.
 */
export const placeTakenMs = 60_000;

// No channel holds a control character: no channel's keys begin like another's.
const separator = '\n';

/** Sorts within a channel by `seq`, so that one index serves for uniqueness and for reading. */
export function entryKey(channel: string, seq: number): string {
  return `${channel}${separator}${String(seq).padStart(16, '0')}`;
}

/** Less than every key of the channel. */
export function beforeEntries(channel: string): string {
  return `${channel}${separator}`;
}

/** Greater than every key of the channel. */
export function afterEntries(channel: string): string {
  return `${channel}${separator}:`;
}

export function channelOfEntry(key: string): string {
  return key.slice(0, key.lastIndexOf(separator));
}

export function keyedName(channel: string, idempotencyKey: string): string {
  return `${channel}${separator}${idempotencyKey}`;
}

/** Just where it stands. */
export function headOf(from: Head): Head {
  const { seq, epoch, offset, tag, sum, start, base, stateSeq, at, relayed } = from;
  const head = { seq, epoch, offset, tag, sum, start, base, stateSeq, at };
  return relayed === undefined ? head : { ...head, relayed };
}
