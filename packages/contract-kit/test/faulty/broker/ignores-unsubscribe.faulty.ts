import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

class IgnoresUnsubscribe extends WrappedBroker {
  override unsubscribe(): Promise<void> {
    return super.unsubscribe([]);
  }
}

memoryBrokerContract(IgnoresUnsubscribe);
