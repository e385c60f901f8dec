import type { BrokerSink, BrokerStartOptions, Envelope } from '@realtime-notify/core';
import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

const garbage: Envelope = {
  id: 'not-an-id',
  type: '',
  channel: 'user:nobody',
  epoch: null,
  offset: null,
  time: 0,
  dataJson: '',
};

class HandsOverGarbage extends WrappedBroker {
  override start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    const receive = (envelopes: readonly Envelope[]): void => sink.receive([...envelopes, garbage]);
    return super.start(
      {
        receive,
        resync: (reason) => sink.resync(reason),
        status: (state) => sink.status(state),
      },
      options,
    );
  }
}

memoryBrokerContract(HandsOverGarbage);
