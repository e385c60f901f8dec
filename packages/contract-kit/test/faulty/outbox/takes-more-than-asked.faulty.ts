import type { Relayed } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class TakesMoreThanAsked extends WrappedOutbox {
  override relay(maxDrafts: number): Promise<Relayed> {
    return super.relay(maxDrafts + 1);
  }
}

memoryOutboxContract(TakesMoreThanAsked);
