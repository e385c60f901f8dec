import { brokerContract } from '@realtime-notify/contract-kit';
import type { BrokerCapabilities } from '@realtime-notify/core';
import { afterAll, beforeAll } from 'vitest';
import { Hub } from '../../guide/hub.js';
import { HubBroker } from '../../guide/hub-broker.js';
import { WrappedBroker } from '../broker/wrapped-broker.js';

/** Says that it has no link, so as not to be put through outages. */
class HidesItsLink extends WrappedBroker {
  override get capabilities(): BrokerCapabilities {
    return { remote: false, routing: 'interest' };
  }
}

const hub = new Hub();
beforeAll(() => hub.listen());
afterAll(() => hub.close());

brokerContract({
  name: 'hides its link',
  capabilities: { remote: false, routing: 'interest' },
  createNode: ({ logger }) => new HidesItsLink(new HubBroker({ port: hub.port, logger })),
});
