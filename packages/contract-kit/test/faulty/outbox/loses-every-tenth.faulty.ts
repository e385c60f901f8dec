import type { OutboxDraft } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class LosesEveryTenth extends WrappedOutbox {
  #put = 0;

  override put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    const kept = drafts.filter(() => {
      this.#put += 1;
      return this.#put % 10 !== 0;
    });
    return super.put(session, kept);
  }
}

memoryOutboxContract(LosesEveryTenth);
