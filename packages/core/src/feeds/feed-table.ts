import { type Envelope, isStored } from '../notification/notification.js';
import type { Broker } from '../ports/broker.js';
import type { Logger } from '../ports/logger.js';
import { NO_TAG, type Position, samePosition } from '../positions/position.js';
import { Feed, type FeedContext } from './feed.js';
import { RecentEphemerals } from './recent-ephemerals.js';

/** Positions asked for in one call of the position check. */
const checkChunk = 500;
const retryAfterFailureMs = 1_000;
const rememberedEphemerals = 10_000;

export interface FeedTableContext extends FeedContext {
  /** Where this node says which channels it follows. */
  readonly broker: Pick<Broker, 'subscribe' | 'unsubscribe'>;
  readonly logger: Logger;
  /** How long a channel without emitters stays subscribed, against flapping. */
  readonly feedGraceMs: number;
  readonly positionCheckMs: number;
  /** Compared with the store before all others: what it says comes before what they show. */
  readonly controlChannel: string;
  /** Called before anything is delivered. */
  readonly awake: () => void;
}

interface Entry {
  readonly feed: Feed;
  references: number;
  opening: Promise<void> | undefined;
  idleSince: number;
}

/**
 * The feeds of this node. A channel's interest is acknowledged by the broker before its position is
 * read, so nothing falls between. All feeds share one timer for the position check and one for
 * letting go of channels that nobody follows any more.
 */
export class FeedTable {
  readonly #context: FeedTableContext;
  readonly #entries = new Map<string, Entry>();
  readonly #ephemerals = new RecentEphemerals(rememberedEphemerals);
  #toOpen: { entry: Entry; done: () => void; failed: (error: unknown) => void }[] = [];
  #checkTimer: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(context: FeedTableContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The feed of a channel that is followed, or was a moment ago. */
  get(channel: string): Feed | undefined {
    return this.#entries.get(channel)?.feed;
  }

  /** Where a followed channel stands, as {@link Draft.floor}. */
  floorOf(channel: string): Position | undefined {
    const feed = this.get(channel);
    return feed?.isOpen && feed.position.tag !== NO_TAG ? feed.position : undefined;
  }

  start(): void {
    this.#planCheck(this.#jittered());
    this.#sweepTimer = setInterval(
      () => this.#sweep(),
      Math.max(100, this.#context.feedGraceMs / 2),
    );
    this.#sweepTimer.unref();
  }

  /** Hands envelopes to the feeds that want them. */
  offer(envelopes: readonly Envelope[]): void {
    this.#context.awake();
    for (const envelope of envelopes) {
      const feed = this.get(envelope.channel);
      if (feed !== undefined && (isStored(envelope) || this.#ephemerals.add(envelope))) {
        feed.offer(envelope);
      }
    }
  }

  /**
   * The open feed of a channel, kept until {@link release}.
   * Rejects with `STORE_UNAVAILABLE` where its position cannot be read.
   */
  async acquire(channel: string): Promise<Feed> {
    let entry = this.#entries.get(channel);
    if (entry === undefined) {
      entry = {
        feed: new Feed(channel, this.#context),
        references: 0,
        opening: undefined,
        idleSince: 0,
      };
      this.#entries.set(channel, entry);
    }
    entry.references += 1;
    try {
      if (!entry.feed.isOpen) await this.#open(entry);
      return entry.feed;
    } catch (error) {
      this.release(entry.feed);
      throw error;
    }
  }

  /** Gives back what {@link acquire} gave. */
  release(feed: Feed): void {
    const entry = this.#entries.get(feed.channel);
    if (entry?.feed !== feed) return;
    entry.references -= 1;
    if (entry.references === 0) entry.idleSince = Date.now();
  }

  /** Compares feeds with the store at once, as after an interruption. All when no channels are named. */
  resync(channels?: readonly string[]): void {
    if (channels === undefined) void this.#checkAll();
    else void this.#check(channels);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#checkTimer);
    clearInterval(this.#sweepTimer);
    for (const { feed } of this.#entries.values()) feed.close();
    this.#entries.clear();
    this.#context.reads.close();
  }

  #open(entry: Entry): Promise<void> {
    entry.opening ??= new Promise<void>((done, failed) => {
      if (this.#toOpen.length === 0) setImmediate(() => void this.#openTogether());
      this.#toOpen.push({ entry, done, failed });
    }).finally(() => {
      entry.opening = undefined;
    });
    return entry.opening;
  }

  /** Opens what was asked for in one tick with one call to the broker and one to the store. */
  async #openTogether(): Promise<void> {
    const toOpen = this.#toOpen;
    this.#toOpen = [];
    const { broker, reads, logger } = this.#context;
    try {
      await broker.subscribe(toOpen.map(({ entry }) => entry.feed.channel));
    } catch (error) {
      // The broker subscribes, and reports a resync, once its link is back; until then the store serves.
      logger.debug({ err: error }, 'channels are opened without the broker');
    }
    for (const { entry, done, failed } of toOpen) {
      reads.position(entry.feed.channel).then((position) => {
        if (!entry.feed.isOpen) entry.feed.open(position);
        done();
      }, failed);
    }
  }

  #sweep(): void {
    const before = Date.now() - this.#context.feedGraceMs;
    const idle: string[] = [];
    for (const [channel, entry] of this.#entries) {
      if (entry.references > 0 || entry.idleSince > before || entry.opening !== undefined) continue;
      entry.feed.close();
      this.#entries.delete(channel);
      idle.push(channel);
    }
    if (idle.length === 0) return;
    this.#context.broker.unsubscribe(idle).catch((error: unknown) => {
      this.#context.logger.debug({ err: error }, 'the broker could not unsubscribe now');
    });
  }

  #jittered(): number {
    return this.#context.positionCheckMs * (0.5 + Math.random() / 2);
  }

  #planCheck(afterMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#checkTimer);
    this.#checkTimer = setTimeout(() => void this.#checkAll(), afterMs);
    this.#checkTimer.unref();
  }

  async #checkAll(): Promise<void> {
    const { controlChannel } = this.#context;
    const others = [...this.#entries.keys()].filter((channel) => channel !== controlChannel);
    const first = this.#entries.has(controlChannel) ? [controlChannel] : [];
    const succeeded = (await this.#check(first)) && (await this.#check(others));
    this.#planCheck(succeeded ? this.#jittered() : Math.min(retryAfterFailureMs, this.#jittered()));
  }

  /** Whether the store could be asked about all of them. */
  async #check(channels: readonly string[]): Promise<boolean> {
    const { store, logger } = this.#context;
    try {
      for (let start = 0; start < channels.length && !this.#closed; start += checkChunk) {
        const chunk = channels.slice(start, start + checkChunk);
        const positions = await store.positions(chunk);
        await Promise.all(
          chunk.map((channel, index) => {
            const feed = this.get(channel);
            const position = positions[index];
            if (feed === undefined || position === undefined || !feed.isOpen) return undefined;
            return samePosition(feed.position, position) ? undefined : feed.mend();
          }),
        );
      }
      return true;
    } catch (error) {
      logger.debug({ err: error }, 'the position check could not ask the store');
      return false;
    }
  }
}
