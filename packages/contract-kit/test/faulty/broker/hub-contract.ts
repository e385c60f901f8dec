import { brokerContract } from '@realtime-notify/contract-kit';
import type { Broker } from '@realtime-notify/core';
import { afterAll, beforeAll } from 'vitest';
import { Hub } from '../../guide/hub.js';
import { HubBroker } from '../../guide/hub-broker.js';

/** Runs the broker contract against the guide's broker, which has a link, with a fault around each. */
export function hubContract(Faulty: new (inner: Broker) => Broker): void {
  const hub = new Hub();
  beforeAll(() => hub.listen());
  afterAll(() => hub.close());
  brokerContract({
    name: Faulty.name,
    patienceMs: 5_000,
    capabilities: { remote: true, routing: 'interest' },
    createNode: ({ logger }) => new Faulty(new HubBroker({ port: hub.port, logger })),
    remote: {
      interrupt: async () => hub.cut(),
      sendForeign: async (channel, bytes) => hub.deliver(channel, bytes.toString('latin1')),
      createUnreachable: ({ logger }) => new Faulty(new HubBroker({ port: 1, logger })),
    },
  });
}
