import type { Relayed } from '@realtime-notify/core';
import { beginInMemory, memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

const commits: (() => Promise<void>)[] = [];

/** Within a batch the transaction that has committed last comes first. */
class AppendsTheNewestCommitFirst extends WrappedOutbox {
  override async relay(maxDrafts: number): Promise<Relayed> {
    for (const commit of commits.splice(0).toReversed()) await commit();
    return super.relay(maxDrafts);
  }
}

memoryOutboxContract(AppendsTheNewestCommitFirst, () => {
  const transaction = beginInMemory();
  return {
    ...transaction,
    commit: async () => {
      commits.push(transaction.commit);
    },
  };
});
