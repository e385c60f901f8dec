import { type LogPage, NO_TAG, type ReadRequest, tagOf } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Names in a page the one before it there, as if nothing came before the first. */
class NamesWhatIsInThePage extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    return pages.map(({ items, logStart, head }) => ({
      items: items.map((item, index) => {
        const previous = items[index - 1];
        return { ...item, previousTag: previous === undefined ? NO_TAG : tagOf(previous.id) };
      }),
      logStart,
      head,
    }));
  }
}

memoryStoreContract(NamesWhatIsInThePage);
