import { memoryTransaction, type OutboxDraft } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

/** Does not wait for the commit. */
class AppendsAtThePut extends WrappedOutbox {
  override async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    await super.put(session, []);
    const own = memoryTransaction();
    await super.put(own, drafts);
    await own.commit();
  }
}

memoryOutboxContract(AppendsAtThePut);
