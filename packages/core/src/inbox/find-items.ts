import type { StoredEnvelope } from '../notification/notification.js';
import type { Store } from '../ports/store.js';
import { clocksDifferMs } from './clocks-differ.js';
import type { InboxChannel, InboxLook } from './inbox-look.js';

/** Where a notification stands. */
export interface Place {
  readonly channel: string;
  readonly epoch: string;
  readonly offset: number;
}

/** People act on what is new: a short look first, then longer ones. */
const firstItems = 25;
const mostItems = 200;

const uuidV7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Finds notifications of an inbox by their ids; those that are not in it are left out. From the newest down, and no
 * further than to when the oldest id was made.
 */
export async function findItems(
  look: InboxLook,
  ids: readonly string[],
  store: Pick<Store, 'readAfter'>,
): Promise<ReadonlyMap<string, Place>> {
  const wanted = new Map(ids.flatMap((id) => madeAt(id)));
  const oldestMs = Math.min(...wanted.values());
  const found = new Map<string, Place>();
  let unread = look.channels.map((channel) => ({ ...channel, upTo: channel.head.offset }));
  for (let items = firstItems; found.size < wanted.size; items = Math.min(items * 2, mostItems)) {
    unread = unread.filter(({ first, upTo }) => upTo >= first);
    if (unread.length === 0) break;
    const requests = unread.map((log) => requestBefore(log, log.upTo, items));
    const pages = await store.readAfter(requests);
    for (const [i, page] of pages.entries()) {
      for (const { id, channel, epoch, offset } of page.items) {
        if (wanted.has(id)) found.set(id, { channel, epoch, offset });
      }
      const log = unread[i];
      if (log === undefined) continue;
      log.upTo = isPassed(page.items, oldestMs) ? 0 : (requests[i]?.after ?? 0);
    }
  }
  return found;
}

/** Of a UUIDv7, which the ids of all notifications are; nothing for any other text. */
function madeAt(id: string): [id: string, ms: number][] {
  const [, high, low] = uuidV7.exec(id) ?? [];
  return high === undefined || low === undefined ? [] : [[id, Number.parseInt(high + low, 16)]];
}

function isPassed(items: readonly StoredEnvelope[], oldestMs: number): boolean {
  return items.some(({ time }) => time < oldestMs - clocksDifferMs);
}

function requestBefore({ channel, first }: InboxChannel, upTo: number, items: number) {
  const after = Math.max(first - 1, upTo - items);
  return { channel, after, limit: upTo - after };
}
