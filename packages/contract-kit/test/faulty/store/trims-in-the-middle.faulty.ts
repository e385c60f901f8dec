import type { LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** In a log that had to be trimmed the second item is gone, too. */
class TrimsInTheMiddle extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    return pages.map(({ items, logStart, head }) => ({
      items: items.filter(({ offset }) => logStart === 1 || offset !== logStart + 1),
      logStart,
      head,
    }));
  }
}

memoryStoreContract(TrimsInTheMiddle);
