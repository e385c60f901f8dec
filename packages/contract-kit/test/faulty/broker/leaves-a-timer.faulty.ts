import type { BrokerSink, BrokerStartOptions } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class LeavesATimer extends WrappedBroker {
  override async start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    await super.start(sink, options);
    setInterval(() => {}, 60_000);
  }
}

memoryBrokerContract(LeavesATimer);
