import { memoryTransaction, type OutboxDraft, type Relayed } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

/** A draft that can never be appended is tried for ever. */
class StopsAtAConflict extends WrappedOutbox {
  override async relay(maxDrafts: number): Promise<Relayed> {
    const { drafts, outcomes, more } = await super.relay(maxDrafts);
    const failed = (_: OutboxDraft, i: number): boolean => outcomes[i]?.status === 'failed';
    const again = memoryTransaction();
    await super.put(again, drafts.filter(failed));
    await again.commit();
    return { drafts, outcomes, more };
  }
}

memoryOutboxContract(StopsAtAConflict);
