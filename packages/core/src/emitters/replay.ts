import { NotifyError } from '../errors/notify-error.js';
import type { Feed } from '../feeds/feed.js';
import { judgePage, leadsOn, mayGoOn } from '../feeds/judge-page.js';
import type { StoreReads } from '../feeds/store-reads.js';
import { isStored } from '../notification/notification.js';
import type { LogPage } from '../ports/store.js';
import { mayHaveTag, NO_EPOCH, type Position, positionOf } from '../positions/position.js';
import { Outgoing } from './outgoing.js';

/** The emitter that catches up. */
export interface ReplayTarget {
  readonly closed: boolean;
  /** Whether the client still has to take what it was replayed before. */
  readonly digesting: boolean;
  /** As a live notification, but what it takes to write is not held against the client. */
  pushReplayed(outgoing: Outgoing): void;
  /** Resolves when what was pushed is written and the client has taken nearly all of it. */
  taken(): Promise<void>;
  /** The replay stands where the feed stands: from here on the feed delivers. */
  caughtUp(replay: Replay): void;
  /** What the replay was to read is gone. */
  replayLost(replay: Replay): void;
}

/**
 * Brings one emitter from a past position of a feed to its present one, page by page, as fast as the
 * client takes them. It neither blocks others nor counts as slowness.
 */
export class Replay {
  readonly feed: Feed;
  position: Position;
  #stopped = false;

  constructor(feed: Feed, position: Position) {
    this.feed = feed;
    this.position = position;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Runs until the emitter has caught up, closed, or the history was lost. Rejects as the store does. */
  async run(target: ReplayTarget, reads: StoreReads): Promise<void> {
    while (!this.#stopped && !target.closed) {
      if (target.digesting) {
        await target.taken();
        continue;
      }
      if (this.#join(target)) return;
      if (this.#feedIsElsewhere()) await this.feed.mend();
      const known = this.feed.position;
      const page = await this.#read(reads);
      if (this.#stopped || target.closed) return;
      this.#adoptFirstEpoch(page);
      if (this.#isLost(page, known)) {
        await this.#lose(target, page, known);
        return;
      }
      if (this.#feedIsElsewhere()) throw notMended();
      // Beyond its own position the feed delivers itself.
      const limit = this.feed.position.offset;
      const reachesLimit =
        !mayGoOn(page, this.position) || (page.items.at(-1)?.offset ?? 0) > limit;
      for (const item of page.items) {
        if (item.offset > this.position.offset && item.offset <= limit) {
          this.#push(target, new Outgoing(item));
        }
      }
      if (reachesLimit && this.feed.position.epoch === this.position.epoch) {
        this.#skipExpired(page.head, limit);
      }
      await target.taken();
    }
  }

  /** Where the feed does not know this life of the log, nothing that was read before is believed. */
  #read(reads: StoreReads): Promise<LogPage> {
    const { channel } = this.feed;
    return this.#feedIsElsewhere()
      ? reads.pageFrom(channel, this.position)
      : reads.sharedPageFrom(channel, this.position);
  }

  /** Goes live where the ring, or standing level, leaves nothing between. All in one tick. */
  #join(target: ReplayTarget): boolean {
    if (this.#feedIsElsewhere()) return false;
    const level = this.feed.position.offset === this.position.offset;
    const missed = level ? [] : this.feed.recentAfter(this.position);
    if (missed === undefined) return false;
    for (const outgoing of missed) this.#push(target, outgoing);
    target.caughtUp(this);
    return true;
  }

  /** Whether the feed has not been where the replay stands, in this life of the log. */
  #feedIsElsewhere(): boolean {
    const { epoch, offset, tag } = this.feed.position;
    if (epoch !== this.position.epoch || offset < this.position.offset) return true;
    return offset === this.position.offset && !mayHaveTag(this.position, tag);
  }

  /** Before the first notification there was no epoch; the log that has begun since is read whole. */
  #adoptFirstEpoch({ head, logStart }: LogPage): void {
    if (this.position.epoch === NO_EPOCH && logStart <= 1) {
      this.position = { ...this.position, epoch: head.epoch };
    }
  }

  #isLost(page: LogPage, known: Position): boolean {
    if (judgePage(page, this.position) !== 'reachable') return true;
    if (leadsOn(page, this.position)) return false;
    const { epoch, offset } = this.position;
    return page.head.offset < (known.epoch === epoch ? Math.max(offset, known.offset) : offset);
  }

  async #lose(target: ReplayTarget, page: LogPage, known: Position): Promise<void> {
    await this.feed.mend();
    if (this.#stopped || target.closed) return;
    if (contradicts(page, known) && this.feed.position === known) throw notMended();
    target.replayLost(this);
  }

  #push(target: ReplayTarget, outgoing: Outgoing): void {
    const { envelope } = outgoing;
    if (!isStored(envelope)) return;
    this.position = positionOf(envelope);
    target.pushReplayed(outgoing);
  }

  /** Passes over offsets at the end of the log whose items expired one by one. */
  #skipExpired(head: Position, limit: number): void {
    if (head.offset <= limit) this.position = head;
    else if (this.position.offset < limit) this.position = this.feed.position;
  }
}

/** Whether the store knows less than what the feed knew before the store was asked. */
function contradicts({ head }: LogPage, known: Position): boolean {
  return head.epoch !== known.epoch || head.offset < known.offset;
}

function notMended(): NotifyError {
  return new NotifyError('STORE_UNAVAILABLE', 'a feed could not be brought to the store yet');
}
