import type { Store } from '../ports/store.js';
import type { InboxChannel, InboxLook } from './inbox-look.js';

/** Where a notification stands. */
export interface Place {
  readonly channel: string;
  readonly epoch: string;
  readonly offset: number;
}

const pageItems = 200;

/**
 * Finds notifications of an inbox by their ids; those that are not in it are left out. From the newest down, since
 * these are what people act on: nearly always one read of each log.
 */
export async function findItems(
  look: InboxLook,
  ids: readonly string[],
  store: Pick<Store, 'readAfter'>,
): Promise<ReadonlyMap<string, Place>> {
  const wanted = new Set(ids);
  const found = new Map<string, Place>();
  let unread = look.channels.map((channel) => ({ ...channel, upTo: channel.head.offset }));
  while (found.size < wanted.size) {
    unread = unread.filter(({ first, upTo }) => upTo >= first);
    if (unread.length === 0) break;
    const requests = unread.map((log) => requestBefore(log, log.upTo));
    const pages = await store.readAfter(requests);
    for (const [i, page] of pages.entries()) {
      for (const { id, channel, epoch, offset } of page.items) {
        if (wanted.has(id)) found.set(id, { channel, epoch, offset });
      }
      const log = unread[i];
      if (log !== undefined) log.upTo = requests[i]?.after ?? 0;
    }
  }
  return found;
}

function requestBefore({ channel, first }: InboxChannel, upTo: number) {
  const after = Math.max(first - 1, upTo - pageItems);
  return { channel, after, limit: upTo - after };
}
