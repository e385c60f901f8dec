import type { Outgoing } from '../emitters/outgoing.js';
import { Feed, type FeedContext } from '../feeds/feed.js';
import type { FeedFollower } from '../feeds/followers.js';
import { type PageSize, StoreReads } from '../feeds/store-reads.js';
import { silentLogger } from '../ports/logger.js';
import type { Store } from '../ports/store.js';
import { originPosition } from '../positions/position.js';

export interface FeedFields extends FeedContext, PageSize {}

export function feedContext(store: Store, fields: Partial<FeedFields> = {}): FeedContext {
  const { pageItems = 100, pageBytes = 100_000, ...others } = fields;
  return {
    store,
    reads: new StoreReads(store, { pageItems, pageBytes }),
    logger: silentLogger,
    reorderMs: 20,
    ringCount: 64,
    ringBytes: 256 * 1024,
    maxHeld: 1_024,
    ...others,
  };
}

/** An open feed of a channel, standing where the store stands. */
export async function openFeed(
  store: Store,
  channel: string,
  fields: Partial<FeedFields> = {},
): Promise<Feed> {
  const feed = new Feed(channel, feedContext(store, fields));
  const [position = originPosition] = await store.positions([channel]);
  feed.open(position);
  return feed;
}

/** Stands at a feed's position and remembers what it was given. */
export class RecordingFollower implements FeedFollower {
  readonly outgoings: Outgoing[] = [];
  losses = 0;

  push(outgoing: Outgoing): void {
    this.outgoings.push(outgoing);
  }

  losing(): void {}

  historyLost(): void {
    this.losses += 1;
  }

  get offsets(): readonly (number | null)[] {
    return this.outgoings.map(({ envelope }) => envelope.offset);
  }
}
