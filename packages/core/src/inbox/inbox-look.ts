import type { Position } from '../positions/position.js';
import { ChannelMarks, type LogEnds } from './channel-marks.js';
import type { InboxState } from './inbox-state.js';

/** How many there are, and of what. */
export interface InboxCounts {
  readonly unread: number;
  /** Not even looked at. */
  readonly unseen: number;
  /** The place of the last change that these take in, in the log of `inbox:<user>`; their version. */
  readonly position: Position;
  /** Up to which offset of each channel these take notifications in. */
  readonly at: Readonly<Record<string, number>>;
}

/** One channel of an inbox. */
export interface InboxChannel extends LogEnds {
  readonly channel: string;
  readonly marks: ChannelMarks;
  /** The first offset that can be in the inbox. */
  readonly first: number;
}

/** An inbox as it was when it was looked at: the state, and where the logs stood right after. */
export class InboxLook {
  readonly position: Position;
  readonly state: InboxState;
  #channels: readonly InboxChannel[];
  /** Channels that are not in the state as yet. */
  readonly unjoined: readonly string[];
  /** Channels that are in the state and not here, since the user may not follow them any more. */
  readonly refused: readonly string[];

  constructor(fields: {
    readonly position: Position;
    readonly state: InboxState;
    /** All channels of the inbox, with their logs. */
    readonly logs: ReadonlyMap<string, LogEnds>;
    /** Channels that the user may not follow any more. */
    readonly refused: readonly string[];
    /** The channel of which nothing is older than the user's joining. */
    readonly ownChannel: string;
    readonly maxItems: number;
  }) {
    const { position, state, logs, refused, ownChannel, maxItems } = fields;
    this.position = position;
    this.state = state;
    this.refused = refused;
    this.unjoined = [...logs.keys()].filter((channel) => !state.channels.has(channel));
    this.#channels = [...logs].map(([channel, ends]) => {
      const { epoch, offset } = ends.head;
      const known = state.channels.get(channel);
      const marks =
        known?.in(ends) ?? ChannelMarks.none(epoch, channel === ownChannel ? 0 : offset);
      return { channel, ...ends, marks, first: marks.firstIn(ends, maxItems) };
    });
  }

  get channels(): readonly InboxChannel[] {
    return this.#channels;
  }

  /** Takes a channel out; returns whether it was in. */
  leave(left: string): boolean {
    const before = this.#channels.length;
    this.#channels = this.#channels.filter(({ channel }) => channel !== left);
    return this.#channels.length < before;
  }

  /** Up to which offset of each channel this looks. */
  get at(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.channels.map(({ channel, head }) => [channel, head.offset]));
  }
}
