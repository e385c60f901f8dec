import { randomUUID } from 'node:crypto';
import { directoryContract } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import type { RedisInstance } from '../../../scripts/services/redis.js';
import type { RedisCluster } from '../../../scripts/services/redis-cluster.js';
import { redisDirectory } from '../src/index.js';
import { startCluster } from './private-redis.js';
import { asAdmin, quickLease, usersHeldAt } from './test-directory.js';

// A Cluster of its own: the suite cuts the links of all clients, and empties it.
let cluster: RedisCluster;
let dispose: (() => Promise<void>) | undefined;
beforeAll(async () => {
  ({ cluster, dispose } = await startCluster());
});
afterAll(() => dispose?.());

directoryContract({
  name: 'directory-redis, a Cluster',
  capabilities: { shared: true },
  createNode: () => redisDirectory({ ...quickLease, cluster: { nodes: cluster.addresses } }),
  shared: {
    createFragile: async () => {
      // The nodes of a Cluster name one another: what cuts this one off is a user that is no more.
      const login = { username: randomUUID(), password: 'p' };
      await tell('acl', 'SETUSER', login.username, 'on', `>${login.password}`, '~*', '+@all');
      const nodes = cluster.addresses;
      const directory = redisDirectory({ ...quickLease, ...login, cluster: { nodes } });
      return { directory, goAway: () => tell('acl', 'DELUSER', login.username) };
    },
    interrupt: () => tell('client', 'KILL', 'TYPE', 'normal'),
    loseData: async () => {
      for (const redis of masters()) await asAdmin({ redis }, (admin) => admin.flushall());
    },
    usersHeld: () => usersHeldAt(masters()),
  },
});

function masters(): readonly RedisInstance[] {
  return cluster.nodes.slice(0, 3);
}

/** Tells all nodes. */
async function tell(command: string, ...args: string[]): Promise<void> {
  for (const redis of cluster.nodes) await asAdmin({ redis }, (admin) => admin.call(command, args));
}
