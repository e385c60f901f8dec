import type { Envelope } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class DropsEveryTenth extends WrappedBroker {
  #count = 0;

  override publish(envelopes: readonly Envelope[]): Promise<void> {
    const kept = envelopes.filter(() => {
      this.#count += 1;
      return this.#count % 10 !== 0;
    });
    return super.publish(kept);
  }
}

memoryBrokerContract(DropsEveryTenth);
