import { originPosition, type Position, samePosition } from '../positions/position.js';
import type { Feed } from './feed.js';
import { judgePage } from './judge-page.js';
import type { StoreReads } from './store-reads.js';

/** Where an emitter begins in a feed, and whether everything after its cursor is still there. */
export interface Start {
  readonly position: Position;
  readonly recovered: boolean;
}

/**
 * Finds where an emitter begins that claims to stand at `claimed`. A claim is never believed beyond
 * what the store confirms: it can harm nobody but its owner.
 * Rejects with `STORE_UNAVAILABLE`.
 */
export async function findStart(
  feed: Feed,
  claimed: Position | undefined,
  reads: StoreReads,
): Promise<Start> {
  if (claimed === undefined || isKnown(feed, claimed)) {
    return { position: claimed ?? feed.position, recovered: true };
  }
  let page = await reads.sharedPageFrom(feed.channel, claimed);
  if (isElsewhere(page.head, feed.position)) await feed.mend();
  // The page is of an earlier life of the log.
  if (page.head.epoch !== feed.position.epoch) page = await reads.pageFrom(feed.channel, claimed);
  if (judgePage(page, claimed) !== 'reachable')
    return { position: feed.position, recovered: false };
  const position = claimed.offset === 0 ? { ...originPosition, epoch: page.head.epoch } : claimed;
  return { position, recovered: true };
}

/**
 * Whether the store is where the feed has not been: a wake-up is late or lost, or the log lost its end and
 * has given the feed's place to another notification since. A page may be older than the feed.
 */
function isElsewhere(head: Position, known: Position): boolean {
  if (head.epoch !== known.epoch || head.offset > known.offset) return true;
  return head.offset === known.offset && head.tag !== known.tag;
}

function isKnown(feed: Feed, claimed: Position): boolean {
  return samePosition(feed.position, claimed) || feed.recentAfter(claimed) !== undefined;
}
