import type { BrokerSink } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class IgnoresPublishOnly extends WrappedBroker {
  override start(sink: BrokerSink): Promise<void> {
    return super.start(sink);
  }
}

memoryBrokerContract(IgnoresPublishOnly);
