import type { Envelope } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class Reorders extends WrappedBroker {
  override publish(envelopes: readonly Envelope[]): Promise<void> {
    return super.publish(envelopes.toReversed());
  }
}

memoryBrokerContract(Reorders);
