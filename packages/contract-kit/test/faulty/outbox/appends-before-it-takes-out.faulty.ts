import type { Relayed } from '@realtime-notify/core';
import { SharedOutbox, sharedOutboxContract } from './shared-memory-outbox.js';

/** What a relay has appended that dies is appended again. */
class AppendsBeforeItTakesOut extends SharedOutbox {
  protected override async relayNow(maxDrafts: number): Promise<Relayed> {
    const { committed, logs } = this.database;
    const drafts = committed.slice(0, maxDrafts);
    const outcomes = await logs.append(drafts);
    await this.step();
    committed.splice(0, drafts.length);
    return { drafts, outcomes, more: committed.length > 0 };
  }
}

sharedOutboxContract(AppendsBeforeItTakesOut);
