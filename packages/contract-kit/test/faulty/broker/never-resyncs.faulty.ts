import type { BrokerSink, BrokerStartOptions } from '@realtime-notify/core';
import { hubContract } from './hub-contract.js';
import { WrappedBroker } from './wrapped-broker.js';

class NeverResyncs extends WrappedBroker {
  override start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    return super.start(
      {
        receive: (envelopes) => sink.receive(envelopes),
        resync: () => {},
        status: (state) => sink.status(state),
      },
      options,
    );
  }
}

hubContract(NeverResyncs);
