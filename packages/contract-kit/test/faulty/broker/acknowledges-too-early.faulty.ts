import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

/** From the second subscription on it says that it stands a moment before it does. */
class AcknowledgesTooEarly extends WrappedBroker {
  #count = 0;

  override async subscribe(channels: readonly string[]): Promise<void> {
    this.#count += 1;
    if (this.#count === 1) return super.subscribe(channels);
    setImmediate(() => super.subscribe(channels).catch(() => {}));
  }
}

memoryBrokerContract(AcknowledgesTooEarly);
