import { setTimeout as delay } from 'node:timers/promises';
import type { Envelope } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

/** Publishes a moment later, and forgets about it when it is closed before. */
class DrainsTooEarly extends WrappedBroker {
  #closed = false;

  override async publish(envelopes: readonly Envelope[]): Promise<void> {
    if (!this.#closed) await delay(20);
    if (this.#closed && envelopes.length > 0) return super.publish([]);
    return super.publish(envelopes);
  }

  override async close(): Promise<void> {
    this.#closed = true;
    await super.close();
  }
}

memoryBrokerContract(DrainsTooEarly);
