import type { Relayed } from '@realtime-notify/core';
import { SharedOutbox, sharedOutboxContract } from './shared-memory-outbox.js';

/** What a relay holds that dies is lost. */
class TakesOutBeforeItAppends extends SharedOutbox {
  protected override async relayNow(maxDrafts: number): Promise<Relayed> {
    const { committed, logs } = this.database;
    const drafts = committed.splice(0, maxDrafts);
    await this.step();
    const outcomes = await logs.append(drafts);
    return { drafts, outcomes, more: committed.length > 0 };
  }
}

sharedOutboxContract(TakesOutBeforeItAppends);
