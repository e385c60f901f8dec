import { brokerContract } from '@realtime-notify/contract-kit';
import { memoryBroker } from '@realtime-notify/core';

brokerContract({
  name: 'a link that the suite cannot break',
  capabilities: { remote: true, routing: 'interest' },
  createNode: () => memoryBroker(),
});
