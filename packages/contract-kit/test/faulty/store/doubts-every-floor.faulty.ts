import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Takes every floor that is not its head for a loss. */
class DoubtsEveryFloor extends WrappedStore {
  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const [first] = drafts;
    if (first?.floor !== undefined) {
      const [head] = await super.positions([first.channel]);
      if (head?.offset !== first.floor.offset) {
        await super.renewEpoch(first.channel, head?.epoch ?? '');
      }
    }
    return super.append(drafts);
  }
}

memoryStoreContract(DoubtsEveryFloor);
