import type { StoredEnvelope } from '../notification/notification.js';
import { NO_TAG, type Position, positionOf } from '../positions/position.js';
import type { StoreReads } from './store-reads.js';

// What the store is asked where a log seems to have lost data, or has.

/** Whether the log has this very notification in its place. Rejects with `STORE_UNAVAILABLE`. */
export async function isInLog(
  { channel, epoch, offset, id }: StoredEnvelope,
  reads: StoreReads,
): Promise<boolean> {
  const { items, head } = await reads.page(channel, offset - 1, 1);
  const [there] = items;
  return head.epoch === epoch && there?.offset === offset && there.id === id;
}

/**
 * Where a log that lost data is taken up again: before the first notification that was announced since,
 * so that it is shown, where the log has it; else at the head. Rejects with `STORE_UNAVAILABLE`.
 */
export async function placeBefore(
  { channel, offset, id, previousTag = NO_TAG }: StoredEnvelope,
  head: Position,
  reads: StoreReads,
): Promise<Position> {
  if (offset > head.offset) return head;
  const { items, head: now } = await reads.page(channel, Math.max(0, offset - 2), 2);
  const index = items.findIndex((item) => item.offset === offset && item.id === id);
  if (index < 0 || now.epoch !== head.epoch) return head;
  const previous = items[index - 1];
  if (previous?.offset === offset - 1) return positionOf(previous);
  return { epoch: head.epoch, offset: offset - 1, tag: previousTag };
}
