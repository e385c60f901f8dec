import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class ThrowsOutOfBand extends WrappedBroker {
  override async drain(): Promise<void> {
    void Promise.reject(new Error('nobody hears this'));
    await super.drain();
  }
}

memoryBrokerContract(ThrowsOutOfBand);
