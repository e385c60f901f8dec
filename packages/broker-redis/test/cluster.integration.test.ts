import { type BrokerContract, brokerContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { redisBroker } from '../src/index.js';
import { ShardTopics } from '../src/topics.js';
import { startSecureCluster } from './secure-cluster.js';
import { adminClient } from './test-redis.js';

let own: Awaited<ReturnType<typeof startSecureCluster>>;
beforeAll(async () => {
  own = await startSecureCluster();
});
afterAll(() => own?.dispose());

const nobody = { cluster: { nodes: [{ host: '127.0.0.1', port: 1 }] } };

const remote: BrokerContract['remote'] = {
  interrupt: async () => {
    for (const url of masters()) await ask(url, 'client', 'KILL', 'TYPE', 'pubsub');
  },
  sendForeign: async (channel, bytes) => {
    const topic = new ShardTopics('rn:', '', 256).of(channel);
    // Whoever does not own its slot refuses it.
    for (const url of masters()) await ask(url, 'spublish', topic, bytes).catch(() => undefined);
  },
  createUnreachable: ({ logger }) => redisBroker({ ...nobody, logger }),
};

brokerContract({
  name: 'broker-redis, a Cluster over TLS, with a password',
  capabilities: { remote: true, routing: 'interest' },
  createNode: ({ logger }) => redisBroker({ ...own.address, logger }),
  remote,
});

brokerContract({
  name: 'broker-redis, a Cluster, directed',
  capabilities: { remote: true, routing: 'interest', directed: true },
  createNode: ({ logger }) => redisBroker({ ...own.address, routing: 'directed', logger }),
  remote: {
    ...remote,
    createUnreachable: ({ logger }) => redisBroker({ ...nobody, routing: 'directed', logger }),
  },
});

function masters(): readonly string[] {
  return own.cluster.nodes.slice(0, 3).map(({ url }) => url);
}

async function ask(url: string, command: string, ...args: (string | Buffer)[]): Promise<void> {
  const admin = adminClient(url);
  await admin.call(command, ...args).finally(() => admin.disconnect());
}
