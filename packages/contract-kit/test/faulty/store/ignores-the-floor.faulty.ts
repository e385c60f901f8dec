import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Counts on where its log ends, whatever was given out before. */
class IgnoresTheFloor extends WrappedStore {
  override append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return super.append(drafts.map(({ floor: _, ...draft }) => draft));
  }
}

memoryStoreContract(IgnoresTheFloor);
