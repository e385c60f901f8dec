import type { LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** An item is as old as its `time` says. */
class BelievesThePublishersClock extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    const { maxAgeMs } = this.tuning.retention ?? {};
    if (typeof maxAgeMs !== 'number') return pages;
    return pages.map(({ items, logStart, head }) => {
      const old = items.findLastIndex(({ time }) => time <= Date.now() - maxAgeMs);
      const kept = items.slice(old + 1);
      return { items: kept, logStart: old < 0 ? logStart : head.offset + 1 - kept.length, head };
    });
  }
}

memoryStoreContract(BelievesThePublishersClock);
