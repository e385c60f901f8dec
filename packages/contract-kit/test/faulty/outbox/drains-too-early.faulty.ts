import type { Relayed } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class DrainsTooEarly extends WrappedOutbox {
  override async relay(maxDrafts: number): Promise<Relayed> {
    const relayed = await super.relay(maxDrafts);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return relayed;
  }
}

memoryOutboxContract(DrainsTooEarly);
