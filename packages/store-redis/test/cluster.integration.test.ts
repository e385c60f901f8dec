import { storeContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { startCluster } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';

/** What the README says that a store needs on a Cluster. */
const rights =
  'resetchannels resetkeys ~rn:* -@all +info +client|setname +evalsha +script|load +time +hmget +hset +del +xadd +xrange +xtrim +persist +pexpire +hget +hsetnx +hdel +zadd +zrem +zrangebyscore +set +exists +cluster|slots +cluster|info +asking';

let own: Awaited<ReturnType<typeof startCluster>>;
beforeAll(async () => {
  const serverArgs = ['--user', 'app', 'on', '>pw', ...rights.split(' ')];
  own = await startCluster({ serverArgs });
});
afterAll(() => own?.dispose());

storeContract({
  name: 'store-redis, a Cluster, with a password and no more rights than it needs',
  shared: true,
  create: (tuning) =>
    redisStore({
      cluster: { nodes: own.cluster.addresses },
      ...{ username: 'app', password: 'pw' },
      ...tuning,
    }),
  createFragile: async () => {
    const { cluster, dispose } = await startCluster({ masters: 1, replicas: 0 });
    const store = redisStore({ cluster: { nodes: cluster.addresses } });
    return { store, goAway: dispose };
  },
});
