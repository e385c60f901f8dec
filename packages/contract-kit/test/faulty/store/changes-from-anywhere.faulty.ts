import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Believes every change to start from where the channel stands. */
class ChangesFromAnywhere extends WrappedStore {
  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outcomes: AppendOutcome[] = [];
    for (const draft of drafts) {
      const { change, channel } = draft;
      const [from = change?.from] = change === undefined ? [] : await super.positions([channel]);
      const changed =
        change !== undefined && from !== undefined ? { change: { ...change, from } } : {};
      outcomes.push(...(await super.append([{ ...draft, ...changed }])));
    }
    return outcomes;
  }
}

memoryStoreContract(ChangesFromAnywhere);
