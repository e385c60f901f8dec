import { NO_EPOCH, type Position } from '../positions/position.js';
import { OffsetSet } from './offset-set.js';

/** Where a channel's log begins and ends. */
export interface LogEnds {
  readonly logStart: number;
  readonly head: Position;
}

const kinds = ['seen', 'read', 'archived', 'removed'] as const;

/** The marks of one channel as they are written. */
export interface MarksJson extends Readonly<Record<(typeof kinds)[number], string>> {
  readonly epoch: string;
  /** What was there when the user joined is not in the inbox: all up to this offset. */
  readonly joinedAt: number;
}

/** What a user has done with the notifications of one channel. */
export class ChannelMarks {
  readonly epoch: string;
  readonly joinedAt: number;
  readonly seen: OffsetSet;
  readonly read: OffsetSet;
  readonly archived: OffsetSet;
  readonly removed: OffsetSet;

  private constructor(
    { epoch, joinedAt }: Pick<MarksJson, 'epoch' | 'joinedAt'>,
    setOf: (kind: (typeof kinds)[number]) => OffsetSet,
  ) {
    this.epoch = epoch;
    this.joinedAt = joinedAt;
    this.seen = setOf('seen');
    this.read = setOf('read');
    this.archived = setOf('archived');
    this.removed = setOf('removed');
  }

  /** None, of somebody who joins where the log stands at `joinedAt`. */
  static none(epoch: string, joinedAt: number): ChannelMarks {
    return new ChannelMarks({ epoch, joinedAt }, () => new OffsetSet(joinedAt));
  }

  /** Undefined where a text is not what {@link toJson} wrote. */
  static parse(json: MarksJson): ChannelMarks | undefined {
    const sets = new Map(kinds.map((kind) => [kind, OffsetSet.parse(json[kind])]));
    for (const set of sets.values()) if (set === undefined) return undefined;
    return new ChannelMarks(json, (kind) => sets.get(kind) ?? new OffsetSet());
  }

  /**
   * The marks as they count in the log as it is now. A log that lost data gives its places out again: what was
   * marked there says nothing about what stands there now, so that all of it counts as new.
   */
  in({ head }: LogEnds): ChannelMarks {
    if (this.epoch === head.epoch) return this;
    if (this.epoch === NO_EPOCH) return ChannelMarks.none(head.epoch, this.joinedAt);
    return ChannelMarks.none(head.epoch, Math.min(this.joinedAt, head.offset));
  }

  /** The first offset that can be in the inbox. */
  firstIn({ logStart, head }: LogEnds, maxItems: number): number {
    return Math.max(this.joinedAt + 1, logStart, head.offset - maxItems + 1);
  }

  /** Neither archived nor removed. */
  isListed(offset: number): boolean {
    return !this.removed.has(offset) && !this.archived.has(offset);
  }

  /** Forgets marks of what is before `first`: they take no room any more. */
  forgetBefore(first: number): void {
    for (const kind of kinds) this[kind].addUpTo(first - 1);
  }

  toJson(): MarksJson {
    const { epoch, joinedAt, seen, read, archived, removed } = this;
    return {
      epoch,
      joinedAt,
      seen: `${seen}`,
      read: `${read}`,
      archived: `${archived}`,
      removed: `${removed}`,
    };
  }
}
