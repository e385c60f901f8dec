import type { Relayed } from '@realtime-notify/core';
import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class NeverSaysMore extends WrappedOutbox {
  override async relay(maxDrafts: number): Promise<Relayed> {
    return { ...(await super.relay(maxDrafts)), more: false };
  }
}

memoryOutboxContract(NeverSaysMore);
