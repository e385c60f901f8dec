import { type BrokerContract, brokerContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { type PrivateRedis, startSecureRedis } from '../../../scripts/private-servers/redis.js';
import type { SecureRedis } from '../../../scripts/services/redis-secure.js';
import { redisBroker } from '../src/index.js';
import { adminClient } from './test-redis.js';

// A Redis of its own: the suite cuts the links of all clients.
let own: SecureRedis & PrivateRedis;
beforeAll(async () => {
  own = await startSecureRedis();
});
afterAll(() => own?.dispose());

const remote: BrokerContract['remote'] = {
  interrupt: () => asAdmin(async (admin) => admin.call('client', 'KILL', 'TYPE', 'pubsub')),
  sendForeign: (channel, bytes) => asAdmin((admin) => admin.publish(`rn:n:${channel}`, bytes)),
  createUnreachable: ({ logger }) => redisBroker({ url: 'redis://127.0.0.1:1', logger }),
};

brokerContract({
  name: 'broker-redis',
  capabilities: { remote: true, routing: 'interest' },
  createNode: ({ logger }) => redisBroker({ url: own.redis.url, logger }),
  remote,
});

brokerContract({
  name: 'broker-redis, directed',
  capabilities: { remote: true, routing: 'interest', directed: true },
  createNode: ({ logger }) => redisBroker({ url: own.redis.url, routing: 'directed', logger }),
  remote: {
    ...remote,
    createUnreachable: ({ logger }) =>
      redisBroker({ url: 'redis://127.0.0.1:1', routing: 'directed', logger }),
  },
});

brokerContract({
  name: 'broker-redis with a client handed in, RESP2',
  capabilities: { remote: true, routing: 'interest' },
  createNode: ({ logger }) => {
    const redis = adminClient(own.redis.url, { protocol: 2, lazyConnect: true });
    return redisBroker({ redis, logger });
  },
  remote,
});

brokerContract({
  name: 'broker-redis over TLS, with a password',
  capabilities: { remote: true, routing: 'interest' },
  createNode: ({ logger }) => {
    const { secureUrl: url, user, certificates } = own;
    return redisBroker({ url, ...user, tls: { ca: certificates.ca }, logger });
  },
  remote,
});

async function asAdmin(work: (admin: ReturnType<typeof adminClient>) => Promise<unknown>) {
  const admin = adminClient(own.redis.url);
  await work(admin).finally(() => admin.disconnect());
}
