import type { LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** What is larger than all bytes that may be kept is not kept at all. */
class LetsTheNewestGo extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    const { maxBytes } = this.tuning.retention ?? {};
    if (typeof maxBytes !== 'number') return pages;
    return pages.map((page) =>
      page.items.some(({ dataJson }) => Buffer.byteLength(dataJson) > maxBytes)
        ? { ...page, items: [], logStart: page.head.offset + 1 }
        : page,
    );
  }
}

memoryStoreContract(LetsTheNewestGo);
