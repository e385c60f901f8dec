import { Outgoing } from '../emitters/outgoing.js';
import { type Envelope, isStored, type StoredEnvelope } from '../notification/notification.js';
import type { Logger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import { channelKey, cursorEntry } from '../positions/cursor.js';
import { originPosition, type Position, positionOf, samePosition } from '../positions/position.js';
import { contradicts } from './contradicts.js';
import { EarlyEnvelopes } from './early-envelopes.js';
import {
  allOf,
  type FeedFollower,
  type Followers,
  pushTo,
  withFollower,
  withoutFollower,
} from './followers.js';
import { judgePage, mayGoOn } from './judge-page.js';
import { isInLog, placeBefore } from './lost-log.js';
import { Ring } from './ring.js';
import type { StoreReads } from './store-reads.js';

/** What feeds of one node share. */
export interface FeedContext {
  readonly store: Store;
  readonly reads: StoreReads;
  readonly logger: Logger;
  readonly reorderMs: number;
  readonly ringCount: number;
  readonly ringBytes: number;
  /** Envelopes kept at most until their turn comes. */
  readonly maxHeld: number;
}

/**
 * What this node knows of a followed channel. It takes envelopes in any order, repeated or with holes,
 * from own publishers and from the broker, and delivers each once, in offset order. A hole waits
 * `reorderMs` for a late envelope, then the missing range is read from the store, once for all
 * emitters. An envelope of another epoch is never believed: the store is asked.
 */
export class Feed {
  readonly channel: string;
  /** The channel's name inside cursors. */
  readonly key: string;
  readonly #context: FeedContext;
  /** Made with the first notification: most users' own channels are quiet. */
  #ring: Ring | undefined;
  #live: Followers;
  /** Made with the first one. */
  #early: EarlyEnvelopes | undefined;
  #position: Position | undefined;
  #cursorEntry: string | undefined;
  #reorderTimer: NodeJS.Timeout | undefined;
  #mending: Promise<void> | undefined;
  #mendAgain = false;
  /** Contradicts what was delivered: first the store is asked. */
  #doubt: StoredEnvelope | undefined;
  #closed = false;

  constructor(channel: string, context: FeedContext) {
    this.channel = channel;
    this.key = channelKey(channel);
    this.#context = context;
  }

  /** Whether the feed knows where its channel stands. */
  get isOpen(): boolean {
    return this.#position !== undefined;
  }

  /** The last notification delivered. Only for a feed that {@link isOpen}. */
  get position(): Position {
    if (this.#position === undefined) throw new Error(`the feed of ${this.channel} is not open`);
    return this.#position;
  }

  /** The feed's part of the cursor of every emitter that follows it live. */
  get cursorEntry(): string {
    this.#cursorEntry ??= cursorEntry(this.key, this.position);
    return this.#cursorEntry;
  }

  get followers(): ReadonlySet<FeedFollower> {
    return allOf(this.#live);
  }

  /** Begins at the store's position. What was offered while it was asked for follows. */
  open(position: Position): void {
    this.#moveTo(position);
    this.#settleEarly();
  }

  /** Takes an envelope, from whatever way it came. */
  offer(envelope: Envelope): void {
    if (this.#closed) return;
    if (!isStored(envelope)) {
      if (this.isOpen) this.#deliver(new Outgoing(envelope));
      return;
    }
    const position = this.#position;
    if (position === undefined) {
      this.#keep(envelope);
    } else if (envelope.epoch !== position.epoch) {
      this.#keep(envelope);
      void this.mend();
    } else if (contradicts(envelope, position, this.#ring)) {
      this.#keep(envelope);
      this.#askAbout(envelope);
    } else if (envelope.offset === position.offset + 1 && this.#doubt === undefined) {
      this.#advance(envelope);
      if (this.#early !== undefined) this.#settleEarly();
    } else if (envelope.offset > position.offset) {
      this.#keep(envelope);
      this.#awaitLate();
    }
  }

  /** Delivers to `follower` from the feed's position on. */
  join(follower: FeedFollower): void {
    this.#live = withFollower(this.#live, follower);
  }

  leave(follower: FeedFollower): void {
    this.#live = withoutFollower(this.#live, follower);
  }

  /** What was delivered after `position`, where the ring still has it. */
  recentAfter(position: Position): readonly Outgoing[] | undefined {
    return this.#ring?.after(position);
  }

  /**
   * Brings the feed to the store's position. Never rejects: a store that does not answer is logged,
   * and the next position check tries again.
   */
  mend(): Promise<void> {
    if (!this.isOpen || this.#closed) return Promise.resolve();
    if (this.#mending !== undefined) {
      this.#mendAgain = true;
      return this.#mending;
    }
    this.#mending = this.#mendUntilQuiet();
    return this.#mending;
  }

  /** As {@link mend}, or the end of the mending that is under way. */
  mended(): Promise<void> {
    return this.#mending ?? this.mend();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#reorderTimer);
    this.#live = undefined;
    this.#early = undefined;
    this.#ring = undefined;
  }

  /** Nothing more is delivered until the store was asked what it has in that place. */
  #askAbout(envelope: StoredEnvelope): void {
    this.#doubt = envelope;
    void this.mend();
  }

  #keep(envelope: StoredEnvelope): void {
    this.#early ??= new EarlyEnvelopes(this.#context.maxHeld);
    this.#early.add(envelope);
  }

  #awaitLate(): void {
    if (this.#reorderTimer !== undefined || this.#mending !== undefined) return;
    this.#reorderTimer = setTimeout(() => {
      this.#reorderTimer = undefined;
      if (this.#early !== undefined) void this.mend();
    }, this.#context.reorderMs);
  }

  /** Delivers what is next among the early, drops what is past, and waits where a hole is left. */
  #settleEarly(): void {
    const early = this.#early;
    if (early === undefined || this.#doubt !== undefined) return;
    for (;;) {
      const { epoch, offset } = this.position;
      const next = early.at(epoch, offset + 1);
      if (next === undefined) {
        early.forgetUpTo(epoch, offset);
        break;
      }
      if (contradicts(next, this.position, this.#ring)) {
        this.#askAbout(next);
        return;
      }
      this.#advance(next);
    }
    if (early.size === 0) this.#early = undefined;
    else this.#awaitLate();
  }

  async #mendUntilQuiet(): Promise<void> {
    try {
      do {
        this.#mendAgain = false;
        const offeredBefore = this.#early?.all() ?? [];
        while (!this.#closed && (await this.#readMissing()));
        // What a read that began after it was offered does not show was never stored, or is lost again.
        for (const envelope of offeredBefore) this.#early?.forget(envelope);
      } while (this.#mendAgain);
      this.#mending = undefined;
      this.#doubt = undefined;
      if (!this.#closed) this.#settleEarly();
    } catch (error) {
      this.#mending = undefined;
      this.#context.logger.warn(
        { channel: this.channel, err: error },
        'a feed could not be mended yet',
      );
    }
  }

  /** One page from the store; resolves true where more may follow. */
  async #readMissing(): Promise<boolean> {
    const before = this.position;
    const { reads, store } = this.#context;
    const wasReplaced = this.#doubt !== undefined && (await isInLog(this.#doubt, reads));
    const page = await reads.pageFrom(this.channel, before);
    if (this.#closed) return false;
    const verdict = wasReplaced ? 'behind' : judgePage(page, before);
    // What was offered meanwhile has moved the position on: it is judged anew. That the store knew less
    // than what had been delivered is a loss whatever came since.
    if (verdict === 'unreachable' && this.position !== before) return true;
    if (verdict !== 'reachable') {
      const since = this.#early?.firstOf(page.head.epoch);
      const head =
        verdict === 'behind' ? await store.renewEpoch(this.channel, before.epoch) : page.head;
      const start = since === undefined ? head : await placeBefore(since, head, reads);
      if (this.#closed) return false;
      // As above: late ones may have come while it was asked where to go on.
      if (verdict === 'unreachable' && this.position !== before) return true;
      this.#lose(start);
      return start !== head;
    }
    if (before.epoch !== page.head.epoch) this.#moveTo({ ...before, epoch: page.head.epoch });
    for (const item of page.items) {
      if (item.offset <= this.position.offset) continue;
      if (contradicts(item, this.position, this.#ring)) {
        // What was offered meanwhile is of another life of the log than the page.
        this.#doubt = item;
        return true;
      }
      this.#advance(item);
    }
    if (mayGoOn(page, before)) return true;
    // Items that expired one by one leave no envelope, but their offsets are passed.
    if (page.head.offset > this.position.offset) this.#moveTo(page.head);
    return false;
  }

  #advance(envelope: StoredEnvelope): void {
    this.#early?.forget(envelope);
    this.#ring ??= new Ring(this.#context.ringCount, this.#context.ringBytes, this.position);
    this.#moveTo(positionOf(envelope));
    const outgoing = new Outgoing(envelope);
    this.#ring.push(outgoing);
    this.#deliver(outgoing);
  }

  #deliver(outgoing: Outgoing): void {
    pushTo(this.#live, outgoing);
  }

  #lose(position: Position): void {
    this.#context.logger.warn(
      { channel: this.channel, from: this.#position, to: position },
      'the store lost history of a channel',
    );
    this.#ring = undefined;
    this.#early = undefined;
    this.#doubt = undefined;
    for (const follower of [...this.followers]) follower.losing(this);
    this.#moveTo(position);
    for (const follower of [...this.followers]) follower.historyLost(this);
  }

  #moveTo(position: Position): void {
    // Most users' own channels are empty: those share one.
    this.#position = samePosition(position, originPosition) ? originPosition : position;
    this.#cursorEntry = undefined;
  }
}
