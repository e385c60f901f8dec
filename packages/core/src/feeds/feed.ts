import { Outgoing } from '../emitters/outgoing.js';
import { type Envelope, isStored, type StoredEnvelope } from '../notification/notification.js';
import type { Logger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import { channelKey, cursorEntry } from '../positions/cursor.js';
import { originPosition, type Position, samePosition, tagOf } from '../positions/position.js';
import { judgePage } from './judge-page.js';
import { Ring } from './ring.js';
import type { StoreReads } from './store-reads.js';

/** What a feed delivers to: an emitter that stands at the feed's position. */
export interface FeedFollower {
  push(outgoing: Outgoing): void;
  /** Write what is due, with the position up to here: the next one is no continuation of it. */
  flush(): void;
  /** The store lost history: the feed stands at another position now, and what lay between is gone. */
  historyLost(): void;
}

/** Shared by all feeds that wait for nothing; never written to. */
const nothingHeld: Map<number, StoredEnvelope> = new Map();

/** What feeds of one node share. */
export interface FeedContext {
  readonly store: Store;
  readonly reads: StoreReads;
  readonly logger: Logger;
  readonly reorderMs: number;
  readonly ringCount: number;
  readonly ringBytes: number;
  readonly maxHeld: number;
  readonly pageItems: number;
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
  /** Most feeds have one follower: it stands for itself, a set is made for the second. */
  #live: FeedFollower | Set<FeedFollower> | undefined;
  #held: Map<number, StoredEnvelope> = nothingHeld;
  #position: Position | undefined;
  #cursorEntry: string | undefined;
  #reorderTimer: NodeJS.Timeout | undefined;
  #mending: Promise<void> | undefined;
  #mendAgain = false;
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
    if (this.#live instanceof Set) return this.#live;
    return new Set(this.#live === undefined ? [] : [this.#live]);
  }

  /** Begins at the store's position. What was offered while it was asked for follows. */
  open(position: Position): void {
    this.#moveTo(position);
    this.#settleHeld();
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
      this.#hold(envelope);
    } else if (envelope.epoch !== position.epoch) {
      void this.mend();
    } else if (envelope.offset === position.offset + 1) {
      this.#advance(envelope);
      if (this.#held.size > 0) this.#settleHeld();
    } else if (envelope.offset > position.offset) {
      this.#hold(envelope);
      this.#awaitLate();
    }
  }

  /** Delivers to `follower` from the feed's position on. */
  join(follower: FeedFollower): void {
    if (this.#live === undefined || this.#live === follower) this.#live = follower;
    else if (this.#live instanceof Set) this.#live.add(follower);
    else this.#live = new Set([this.#live, follower]);
  }

  leave(follower: FeedFollower): void {
    if (this.#live instanceof Set) this.#live.delete(follower);
    else if (this.#live === follower) this.#live = undefined;
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

  close(): void {
    this.#closed = true;
    clearTimeout(this.#reorderTimer);
    this.#live = undefined;
    this.#held = nothingHeld;
    this.#ring = undefined;
  }

  #hold(envelope: StoredEnvelope): void {
    // What does not fit is in the store; the mending of the hole before it reads it there.
    if (this.#held.size >= this.#context.maxHeld) return;
    if (this.#held === nothingHeld) this.#held = new Map();
    this.#held.set(envelope.offset, envelope);
  }

  #awaitLate(): void {
    if (this.#reorderTimer !== undefined || this.#mending !== undefined) return;
    this.#reorderTimer = setTimeout(() => {
      this.#reorderTimer = undefined;
      if (this.#held.size > 0) void this.mend();
    }, this.#context.reorderMs);
  }

  /** Delivers what is next among the held, drops what is past, and waits where a hole is left. */
  #settleHeld(): void {
    let { offset } = this.position;
    for (
      let next = this.#held.get(offset + 1);
      next !== undefined;
      next = this.#held.get(offset + 1)
    ) {
      if (next.epoch !== this.position.epoch) break;
      this.#advance(next);
      offset = next.offset;
    }
    for (const held of this.#held.values()) {
      if (held.offset <= offset && held.epoch === this.position.epoch)
        this.#held.delete(held.offset);
    }
    if (this.#held.size > 0) this.#awaitLate();
  }

  async #mendUntilQuiet(): Promise<void> {
    try {
      do {
        this.#mendAgain = false;
        const offeredBefore = [...this.#held.values()];
        while (!this.#closed && (await this.#readMissing()));
        this.#giveUp(offeredBefore);
      } while (this.#mendAgain);
      this.#mending = undefined;
      if (!this.#closed) this.#settleHeld();
    } catch (error) {
      this.#mending = undefined;
      this.#context.logger.warn(
        { channel: this.channel, err: error },
        'a feed could not be mended yet',
      );
    }
  }

  /** What a read that began after it was offered does not show was never stored, or is lost again. */
  #giveUp(offeredBefore: readonly StoredEnvelope[]): void {
    for (const envelope of offeredBefore) {
      if (this.#held.get(envelope.offset) === envelope) this.#held.delete(envelope.offset);
    }
  }

  /** One page from the store; resolves true where more may follow. */
  async #readMissing(): Promise<boolean> {
    const before = this.position;
    const { reads, pageItems, store } = this.#context;
    // A page, and the notification at the position itself.
    const limit = pageItems + 1;
    const page = await reads.page(this.channel, Math.max(0, before.offset - 1), limit);
    if (this.#closed) return false;
    const verdict = judgePage(page, before);
    // What was offered meanwhile has moved the position on: it is judged anew.
    if (verdict !== 'reachable' && this.position !== before) return true;
    if (verdict === 'behind') {
      this.#lose(await store.renewEpoch(this.channel, before.epoch));
      return false;
    }
    if (verdict === 'unreachable') {
      this.#lose(page.head);
      return false;
    }
    if (before.epoch !== page.head.epoch) this.#moveTo({ ...before, epoch: page.head.epoch });
    for (const item of page.items) if (item.offset > this.position.offset) this.#advance(item);
    if (page.items.length >= limit) return true;
    // Items that expired one by one leave no envelope, but their offsets are passed.
    if (page.head.offset > this.position.offset) this.#moveTo(page.head);
    return false;
  }

  #advance(envelope: StoredEnvelope): void {
    this.#held.delete(envelope.offset);
    const { epoch, offset, id } = envelope;
    this.#moveTo({ epoch, offset, tag: tagOf(id) });
    const outgoing = new Outgoing(envelope);
    this.#ring ??= new Ring(this.#context.ringCount, this.#context.ringBytes);
    this.#ring.push(outgoing);
    this.#deliver(outgoing);
  }

  #deliver(outgoing: Outgoing): void {
    if (this.#live instanceof Set) for (const follower of this.#live) follower.push(outgoing);
    else this.#live?.push(outgoing);
  }

  #lose(position: Position): void {
    this.#context.logger.warn(
      { channel: this.channel, from: this.#position, to: position },
      'the store lost history of a channel',
    );
    this.#ring = undefined;
    this.#held = nothingHeld;
    for (const follower of [...this.followers]) follower.flush();
    this.#moveTo(position);
    for (const follower of [...this.followers]) follower.historyLost();
  }

  #moveTo(position: Position): void {
    // Most users' own channels are empty: those share one.
    this.#position = samePosition(position, originPosition) ? originPosition : position;
    this.#cursorEntry = undefined;
  }
}
