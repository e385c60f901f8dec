import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Does not say what an appended notification was put behind. */
class ForgetsThePredecessor extends WrappedStore {
  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outcomes = await super.append(drafts);
    return outcomes.map((outcome) => {
      if (outcome.status === 'failed') return outcome;
      const { previousTag: _, ...envelope } = outcome.envelope;
      return { ...outcome, envelope };
    });
  }
}

memoryStoreContract(ForgetsThePredecessor);
