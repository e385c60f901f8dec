import type { Outgoing } from '../emitters/outgoing.js';
import { Replay, type ReplayTarget } from '../emitters/replay.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Feed } from '../feeds/feed.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { FeedFollower } from '../feeds/followers.js';
import type { StoreReads } from '../feeds/store-reads.js';
import type { Envelope } from '../notification/notification.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { PublishQueue } from '../notifier/publish-queue.js';
import type { Logger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import { NO_TAG } from '../positions/position.js';
import type { ControlPosition } from './members.js';

/** What the control log works with. */
export interface ControlLogContext {
  readonly channel: string;
  readonly feeds: FeedTable;
  readonly reads: StoreReads;
  readonly store: Pick<Store, 'append'>;
  readonly queue: PublishQueue;
  readonly logger: Logger;
  received(envelope: Envelope): void;
}

const retryMs = 1_000;

/**
 * What nodes tell one another, as one more channel: entries that must not be lost are stored and found
 * again like notifications, the others are ephemeral. Every node reads it from its beginning.
 */
export class ControlLog implements FeedFollower, ReplayTarget {
  readonly digesting = false;
  readonly #context: ControlLogContext;
  readonly #ids = new UuidV7Source();
  #feed: Feed | undefined;
  #following: Promise<void> | undefined;
  /** Whether the feed delivers to it. */
  #joined = false;
  #live = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(context: ControlLogContext) {
    this.#context = context;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether everything that was kept has been read. */
  get isRead(): boolean {
    return this.#live;
  }

  /** Up to where it has been read. */
  get position(): ControlPosition {
    return this.#joined && this.#feed !== undefined
      ? this.#feed.position
      : { epoch: '', offset: 0 };
  }

  /**
   * Reads what is kept, then follows. Resolves when that is done or could not be done now; then it is
   * tried again, soon and whenever this is called.
   */
  follow(): Promise<void> {
    if (this.#live || this.#closed) return Promise.resolve();
    this.#following ??= this.#follow().finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  async #follow(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      if (this.#joined) await this.#catchUp();
      else await this.#replay();
    } catch (error) {
      if (this.#closed) return;
      this.#context.logger.debug({ err: error }, 'the control log could not be read yet');
      this.#retry = setTimeout(() => void this.follow(), retryMs);
      this.#retry.unref();
    }
  }

  async #replay(): Promise<void> {
    const { feeds, reads, channel } = this.#context;
    this.#feed ??= await feeds.acquire(channel);
    const { head, logStart } = await reads.page(channel, 0, 1);
    const start = { epoch: head.epoch, offset: logStart - 1, tag: NO_TAG };
    await new Replay(this.#feed, start).run(this, reads);
    if (!this.#joined) throw new NotifyError('STORE_UNAVAILABLE', 'the control log has changed');
  }

  async #catchUp(): Promise<void> {
    const { reads, channel } = this.#context;
    await this.#feed?.mend();
    const { offset } = await reads.position(channel);
    if (!this.#joined || offset > this.position.offset) {
      throw new NotifyError('STORE_UNAVAILABLE', 'the control log could not be caught up with');
    }
    this.#live = true;
  }

  /** Counts as unread until it has been compared with the store. */
  readAgain(): void {
    this.#live = false;
    void this.follow();
  }

  /** Stores an entry and tells the others. Rejects with `STORE_UNAVAILABLE`. */
  async append(type: string, data: object): Promise<ControlPosition> {
    const { channel, store, feeds, queue } = this.#context;
    const [outcome] = await store.append([{ ...this.#fields(type, data), channel }]);
    if (outcome?.status !== 'appended') {
      throw outcome?.status === 'failed'
        ? outcome.error
        : new NotifyError('STORE_UNAVAILABLE', 'the store did not take a control entry');
    }
    feeds.offer([outcome.envelope]);
    await queue.publish([outcome.envelope]);
    return outcome.envelope;
  }

  /** Tells the others once; whoever does not hear it will not learn of it. Never rejects. */
  async tell(type: string, data: object): Promise<void> {
    const { channel, queue } = this.#context;
    await queue.publish([{ ...this.#fields(type, data), channel, epoch: null, offset: null }]);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  push({ envelope }: Outgoing): void {
    if (!this.#closed) this.#context.received(envelope);
  }

  pushReplayed(outgoing: Outgoing): void {
    this.push(outgoing);
  }

  async taken(): Promise<void> {}

  caughtUp(replay: Replay): void {
    this.#joined = true;
    this.#live = true;
    replay.feed.join(this);
  }

  /** The log changed while it was read: it is read again. */
  replayLost(): void {}

  losing(): void {}

  /** What is kept is read anew: some of it may be among what the feed passed over. */
  historyLost(): void {
    this.#joined = false;
    this.readAgain();
  }

  #fields(type: string, data: object) {
    const time = Date.now();
    return { id: this.#ids.next(time), type, time, dataJson: JSON.stringify(data) };
  }
}
