import type { BrokerSink, BrokerStartOptions } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class SaysUpAgain extends WrappedBroker {
  override async start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    await super.start(sink, options);
    sink.status({ state: 'up' });
  }
}

memoryBrokerContract(SaysUpAgain);
