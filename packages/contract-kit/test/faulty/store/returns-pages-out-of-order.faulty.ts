import type { LogPage, ReadRequest } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

class ReturnsPagesOutOfOrder extends WrappedStore {
  override async readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return (await super.readAfter(requests)).toReversed();
  }
}

memoryStoreContract(ReturnsPagesOutOfOrder);
