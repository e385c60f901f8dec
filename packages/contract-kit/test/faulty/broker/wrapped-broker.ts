import { brokerContract } from '@realtime-notify/contract-kit';
import {
  type Broker,
  type BrokerCapabilities,
  type BrokerSink,
  type BrokerStartOptions,
  type Envelope,
  MemoryBus,
  memoryBroker,
} from '@realtime-notify/core';

/** A broker that does all as the one inside; faults override a method. */
export class WrappedBroker implements Broker {
  readonly #inner: Broker;

  constructor(inner: Broker) {
    this.#inner = inner;
  }

  get capabilities(): BrokerCapabilities {
    return this.#inner.capabilities;
  }

  start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    return this.#inner.start(sink, options);
  }

  publish(envelopes: readonly Envelope[]): Promise<void> {
    return this.#inner.publish(envelopes);
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#inner.subscribe(channels);
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.#inner.unsubscribe(channels);
  }

  probe(): Promise<void> {
    return this.#inner.probe();
  }

  drain(): Promise<void> {
    return this.#inner.drain();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Runs the broker contract against memory brokers with a fault around each. */
export function memoryBrokerContract(
  Faulty: new (inner: Broker) => Broker,
  routing: BrokerCapabilities['routing'] = 'interest',
): void {
  const bus = new MemoryBus();
  brokerContract({
    name: Faulty.name,
    capabilities: { remote: false, routing },
    createNode: () => new Faulty(memoryBroker({ bus })),
    // What a memory broker delivers is there at once, or never.
    patienceMs: 200,
  });
}
