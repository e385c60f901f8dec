import type { BrokerCapabilities } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from '../broker/wrapped-broker.js';

class SaysFanout extends WrappedBroker {
  override get capabilities(): BrokerCapabilities {
    return { remote: false, routing: 'fanout' };
  }
}

memoryBrokerContract(SaysFanout, 'fanout');
