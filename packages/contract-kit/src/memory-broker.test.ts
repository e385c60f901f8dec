import { MemoryBus, memoryBroker } from '@realtime-notify/core';
import { brokerContract } from './broker/broker-contract.js';

const bus = new MemoryBus();

brokerContract({
  name: 'memory',
  capabilities: { remote: false, routing: 'interest' },
  createNode: () => memoryBroker({ bus }),
});
