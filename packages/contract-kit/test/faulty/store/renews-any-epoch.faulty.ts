import type { Position } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Does not compare before it sets. */
class RenewsAnyEpoch extends WrappedStore {
  override async renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    const [head] = await super.positions([channel]);
    return super.renewEpoch(channel, head?.epoch ?? expectedEpoch);
  }
}

memoryStoreContract(RenewsAnyEpoch);
