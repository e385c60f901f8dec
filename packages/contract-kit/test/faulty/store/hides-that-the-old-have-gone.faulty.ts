import type { LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** The log seems to begin where it ever began: whoever comes back from there is not told of the loss. */
class HidesThatTheOldHaveGone extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    const pages = await super.readAfter(requests);
    if (this.tuning.retention?.maxAgeMs === undefined) return pages;
    return pages.map((page) => ({ ...page, logStart: 1 }));
  }
}

memoryStoreContract(HidesThatTheOldHaveGone);
