import type { OutboxDraft } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class ReversesAPut extends WrappedOutbox {
  override put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    return super.put(session, drafts.toReversed());
  }
}

memoryOutboxContract(ReversesAPut);
