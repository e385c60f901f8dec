import type { BrokerSink, BrokerStartOptions } from '@realtime-notify/core';
import { hubContract } from './hub-contract.js';
import { WrappedBroker } from './wrapped-broker.js';

class IsUpBeforeItResyncs extends WrappedBroker {
  override start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    return super.start(
      {
        receive: (envelopes) => sink.receive(envelopes),
        resync: (reason) => void setImmediate(() => sink.resync(reason)),
        status: (state) => sink.status(state),
      },
      options,
    );
  }
}

hubContract(IsUpBeforeItResyncs);
