import { storeContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { redisStore } from '../src/index.js';
import { startCluster } from './private-redis.js';

let own: Awaited<ReturnType<typeof startCluster>>;
beforeAll(async () => {
  const serverArgs = ['--user', 'app', 'on', '>pw', '~*', '&*', '+@all'];
  own = await startCluster({ serverArgs });
});
afterAll(() => own?.dispose());

storeContract({
  name: 'store-redis, a Cluster with passwords',
  shared: true,
  create: (tuning) =>
    redisStore({
      cluster: { nodes: own.cluster.addresses },
      ...{ username: 'app', password: 'pw', keyPrefix: 'rn-test:' },
      ...tuning,
    }),
  createFragile: async () => {
    const { cluster, dispose } = await startCluster({ masters: 1, replicas: 0 });
    const store = redisStore({ cluster: { nodes: cluster.addresses } });
    return { store, goAway: dispose };
  },
});
