import type { LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Gives pages of any size. */
class IgnoresTheBytesOfAPage extends WrappedStore {
  override readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return super.readAfter(requests.map(({ maxBytes: _, ...request }) => request));
  }
}

memoryStoreContract(IgnoresTheBytesOfAPage);
