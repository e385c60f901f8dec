import { brokerContract } from '@realtime-notify/contract-kit';
import { type BrokerCapabilities, MemoryBus, memoryBroker } from '@realtime-notify/core';
import { WrappedBroker } from '../broker/wrapped-broker.js';

const capabilities = { remote: false, routing: 'interest', directed: true } as const;

class SaysDirected extends WrappedBroker {
  override get capabilities(): BrokerCapabilities {
    return capabilities;
  }
}

const bus = new MemoryBus();

brokerContract({
  name: SaysDirected.name,
  capabilities,
  createNode: () => new SaysDirected(memoryBroker({ bus })),
  patienceMs: 200,
});
