import { brokerContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { Hub } from './hub.js';
import { HubBroker } from './hub-broker.js';

const hub = new Hub();
beforeAll(() => hub.listen());
afterAll(() => hub.close());

brokerContract({
  name: 'hub-broker',
  capabilities: { remote: true, routing: 'interest' },
  createNode: ({ logger }) => new HubBroker({ port: hub.port, logger }),
  remote: {
    interrupt: async () => hub.cut(),
    sendForeign: async (channel, bytes) => hub.deliver(channel, bytes.toString('latin1')),
    createUnreachable: ({ logger }) => new HubBroker({ port: 1, logger }),
  },
});
