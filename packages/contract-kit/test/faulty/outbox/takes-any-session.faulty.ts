import { MemoryTransaction, memoryTransaction, type OutboxDraft } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

/** Where there is no transaction it commits by itself. */
class TakesAnySession extends WrappedOutbox {
  override async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    if (session instanceof MemoryTransaction && session.open) return super.put(session, drafts);
    const own = memoryTransaction();
    await super.put(own, drafts);
    await own.commit();
  }
}

memoryOutboxContract(TakesAnySession);
