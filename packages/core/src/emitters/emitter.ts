import type { Principal } from '../access/principal.js';
import type { Feed } from '../feeds/feed.js';
import type { Start } from '../feeds/find-start.js';
import type { FeedFollower } from '../feeds/followers.js';
import type { StoreReads } from '../feeds/store-reads.js';
import type { Backlog, Backlogged } from '../limits/backlog.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Logger } from '../ports/logger.js';
import { cursorEntry, cursorWith, emptyCursor, joinCursor } from '../positions/cursor.js';
import type { Position } from '../positions/position.js';
import type { Batch } from './batch.js';
import type { CloseReason } from './close-reason.js';
import type { Mortal } from './deadlines.js';
import type { Flusher } from './flusher.js';
import type { Outgoing } from './outgoing.js';
import type { Outlet } from './outlet.js';
import { Replay, type ReplayTarget } from './replay.js';

const none: readonly never[] = [];

/** What emitters of one node share. */
export interface EmitterContext {
  readonly flusher: Flusher;
  readonly reads: StoreReads;
  readonly logger: Logger;
  readonly backlog: Backlog;
  readonly counters: LimitCounters;
  readonly maxBufferedBytes: number;
  /** Lets go of what the emitter holds; called once. */
  detached(emitter: Emitter, feeds: readonly Feed[], reason: CloseReason | undefined): void;
}

/**
 * One open outbound stream to one client: a position over feeds, in each either live or catching up.
 */
export class Emitter implements FeedFollower, ReplayTarget, Backlogged, Mortal {
  #principal: Principal;
  readonly #outlet: Outlet;
  readonly #context: EmitterContext;
  // Replaced by `concat`: an array that grows, by `push` or by spreading, reserves room for seventeen.
  #live: readonly Feed[] = none;
  #replays: readonly Replay[] = none;
  #pending: Batch | undefined;
  /** Whether what is due has replayed notifications among it. */
  #replayDue = false;
  /** What the client may have outstanding beyond its budget, until it has taken all. */
  #replayedBytes = 0;
  #takers: (() => void)[] | undefined;
  /** History was lost and the client is not told yet: where it stands, before what is due. */
  #loss: Map<Feed, Position> | undefined;
  #end: { readonly at: number; readonly reason: CloseReason } | undefined;
  #closed = false;

  constructor(principal: Principal, outlet: Outlet, context: EmitterContext) {
    this.#principal = principal;
    this.#outlet = outlet;
    this.#context = context;
  }

  /** Whose stream it is; another object after the credential was renewed. */
  get principal(): Principal {
    return this.#principal;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get bufferedBytes(): number {
    return this.#outlet.bufferedBytes;
  }

  get digesting(): boolean {
    return this.#replayedBytes > 0;
  }

  /** The channels followed, in the order in which they were taken up. */
  get channels(): readonly string[] {
    return [...this.#live, ...this.#replays.map(({ feed }) => feed)].map(({ channel }) => channel);
  }

  /** Where the client stands once everything queued so far has reached it. */
  cursor(): string {
    let cursor = emptyCursor;
    for (const feed of this.#live) cursor = cursorWith(cursor, feed.cursorEntry);
    for (const { feed, position } of this.#replays) {
      cursor = cursorWith(cursor, cursorEntry(feed.key, position));
    }
    return cursor;
  }

  /** Follows a feed from a start on; what came since then is queued before this returns, or replayed. */
  follow(feed: Feed, { position }: Start): void {
    const replay = new Replay(feed, position);
    this.#replays = this.#replays.concat(replay);
    replay.run(this, this.#context.reads).catch((error: unknown) => {
      this.#context.logger.debug({ channel: feed.channel, err: error }, 'a replay broke off');
      this.close({ code: 'UNAVAILABLE', returnMs: 1_000 + Math.random() * 4_000 });
    });
  }

  /** The feed of a channel that is not followed any more; undefined where it was not. */
  unfollow(channel: string): Feed | undefined {
    const live = this.#live.find((feed) => feed.channel === channel);
    if (live !== undefined) {
      this.#live = this.#live.filter((feed) => feed !== live);
      live.leave(this);
      return live;
    }
    const replay = this.#replays.find(({ feed }) => feed.channel === channel);
    this.#drop(replay);
    replay?.stop();
    return replay?.feed;
  }

  push(outgoing: Outgoing): void {
    if (this.#closed) return;
    if (outgoing.envelope.provisional === true && this.#outlet.showsIdsOnce !== true) return;
    if (this.#pending === undefined) this.#context.flusher.schedule(this);
    this.#pending = (this.#pending ?? this.#context.flusher.root).with(outgoing);
  }

  /** Writes what is due; what follows a loss waits until all of it is known. */
  flushDue(): void {
    if (this.#loss === undefined) this.flush();
  }

  /** Writes what is due at once, or closes a client that takes too little. */
  flush(): void {
    this.#tellLoss();
    const batch = this.#pending;
    const replayed = this.#replayDue;
    this.#pending = undefined;
    this.#replayDue = false;
    if (batch === undefined || this.#closed) return;
    const before = this.#outlet.bufferedBytes;
    if (before > this.#context.maxBufferedBytes + this.#replayedBytes) {
      this.#context.counters.count('bufferedBytes');
      this.closeSlow();
      return;
    }
    if (!this.#write(batch)) return;
    const after = this.#outlet.bufferedBytes;
    if (replayed) {
      this.#replayedBytes += after - before;
      void this.#drained();
    }
    // Last: it may close streams, this one too.
    if (after > 0) this.#context.backlog.note(this, after);
  }

  /** Closes a client that takes too little; it resumes where it stood. */
  closeSlow(): void {
    this.close({ code: 'SLOW_CONSUMER', returnMs: 1_000 });
  }

  /** The same user with a newer credential. */
  renew(principal: Principal): void {
    this.#principal = principal;
  }

  /** Closes the stream when a time has come (milliseconds since 1970 UTC); the first of several counts. */
  endAt(at: number, reason: CloseReason): void {
    if (this.#end === undefined || at < this.#end.at) this.#end = { at, reason };
  }

  /** Closes the stream where its time has come, or its credential has ended. */
  endIfDue(now: number): void {
    const { expiresAt = Number.POSITIVE_INFINITY } = this.#principal;
    if (now >= expiresAt) this.close({ code: 'EXPIRED', returnMs: null });
    else if (this.#end !== undefined && now >= this.#end.at) this.close(this.#end.reason);
  }

  /** An outlet does not throw; if one does all the same, it must not stop the others. */
  #write(batch: Batch): boolean {
    try {
      this.#outlet.write(batch, this);
      return true;
    } catch (error) {
      this.#context.logger.error({ err: error }, 'a stream could not be written and is closed');
      this.close({ code: 'UNAVAILABLE', returnMs: 1_000 + Math.random() * 4_000 });
      return false;
    }
  }

  pushReplayed(outgoing: Outgoing): void {
    this.push(outgoing);
    this.#replayDue = true;
  }

  taken(): Promise<void> {
    this.flush();
    return this.#drained();
  }

  caughtUp(replay: Replay): void {
    this.#drop(replay);
    this.#live = this.#live.concat(replay.feed);
    replay.feed.join(this);
  }

  replayLost(replay: Replay): void {
    this.losing(replay.feed);
    if (this.#closed) return;
    this.caughtUp(replay);
    this.historyLost(replay.feed);
  }

  /** What is due stands before the loss, and so does its cursor. */
  losing({ channel }: Feed): void {
    if (this.#loss === undefined || this.#pending?.concerns(channel) === true) this.flush();
  }

  /**
   * Tells the client, once for all channels that the same event has struck: the others are compared with
   * the store first.
   */
  historyLost(lost: Feed): void {
    if (this.#closed) return;
    if (this.#loss !== undefined) {
      this.#loss.set(lost, lost.position);
      return;
    }
    this.#loss = this.#positions();
    const compared = this.#live.map((feed) => feed.mended());
    void Promise.all(compared).then(() => this.flush());
  }

  #tellLoss(): void {
    const loss = this.#loss;
    this.#loss = undefined;
    if (loss === undefined || this.#closed) return;
    const places = [...loss];
    const channels = new Map(places.map(([feed, position]) => [feed.channel, position]));
    const cursor = joinCursor(places.map(([feed, position]) => cursorEntry(feed.key, position)));
    this.#outlet.ready({ userId: this.#principal.userId, channels, recovered: false }, cursor);
  }

  /** Ends the stream from this side, after what is due. */
  close(reason: CloseReason): void {
    if (reason.code !== 'SLOW_CONSUMER') this.flush();
    if (this.#closed) return;
    this.#outlet.close(reason);
    this.#detach(reason);
  }

  /** The client is gone. Called by the transport. */
  gone(): void {
    if (!this.#closed) this.#detach(undefined);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#takers !== undefined) {
        this.#takers.push(resolve);
        return;
      }
      this.#takers = [resolve];
      this.#outlet.onceDrained(() => {
        const takers = this.#takers ?? [];
        this.#takers = undefined;
        this.#replayedBytes = 0;
        for (const taken of takers) taken();
      });
    });
  }

  #detach(reason: CloseReason | undefined): void {
    this.#closed = true;
    this.#pending = undefined;
    this.#loss = undefined;
    const feeds = [...this.#live];
    for (const feed of this.#live) feed.leave(this);
    for (const replay of this.#replays) {
      replay.stop();
      feeds.push(replay.feed);
    }
    this.#replays = none;
    this.#live = none;
    this.#context.backlog.forget(this);
    this.#context.detached(this, feeds, reason);
  }

  #drop(replay: Replay | undefined): void {
    const left = this.#replays.filter((each) => each !== replay);
    this.#replays = left.length === 0 ? none : left;
  }

  #positions(): Map<Feed, Position> {
    const positions = new Map<Feed, Position>();
    for (const feed of this.#live) positions.set(feed, feed.position);
    for (const { feed, position } of this.#replays) positions.set(feed, position);
    return positions;
  }
}
