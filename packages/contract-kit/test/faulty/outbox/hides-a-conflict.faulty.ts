import type { Relayed } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class HidesAConflict extends WrappedOutbox {
  override async relay(maxDrafts: number): Promise<Relayed> {
    const { drafts, outcomes, more } = await super.relay(maxDrafts);
    const stays = outcomes.map(({ status }) => status !== 'failed');
    return {
      drafts: drafts.filter((_, i) => stays[i]),
      outcomes: outcomes.filter((_, i) => stays[i]),
      more,
    };
  }
}

memoryOutboxContract(HidesAConflict);
