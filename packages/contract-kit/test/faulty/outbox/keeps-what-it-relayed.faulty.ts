import { memoryTransaction, type Relayed } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

/** Every tenth draft is not taken out once it was appended. */
class KeepsWhatItRelayed extends WrappedOutbox {
  #relayed = 0;

  override async relay(maxDrafts: number): Promise<Relayed> {
    const relayed = await super.relay(maxDrafts);
    const kept = relayed.drafts.filter(() => {
      this.#relayed += 1;
      return this.#relayed % 10 === 0;
    });
    const again = memoryTransaction();
    await super.put(again, kept);
    await again.commit();
    return relayed;
  }
}

memoryOutboxContract(KeepsWhatItRelayed);
