import { dueWorkContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { startCluster } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';

let own: Awaited<ReturnType<typeof startCluster>>;
beforeAll(async () => {
  own = await startCluster();
});
afterAll(() => own?.dispose());

dueWorkContract({
  name: 'store-redis, a Cluster',
  shared: true,
  create: () => redisStore({ cluster: { nodes: own.cluster.addresses } }),
  createFragile: async () => {
    const { cluster, dispose } = await startCluster({ masters: 1, replicas: 0 });
    return { store: redisStore({ cluster: { nodes: cluster.addresses } }), goAway: dispose };
  },
});
