import { randomUUID } from 'node:crypto';
import { directoryContract, RecordingDirectorySink } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '../../../scripts/private-servers/redis.js';
import type { RedisInstance } from '../../../scripts/services/redis.js';
import type { RedisCluster } from '../../../scripts/services/redis-cluster.js';
import { redisDirectory } from '../src/index.js';
import { asAdmin, clusterRights, quickLease, usersHeldAt } from './test-directory.js';

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
      const rules = ['on', `>${login.password}`, ...clusterRights.split(' ')];
      await tell('acl', 'SETUSER', login.username, ...rules);
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

test('start rejects where trying again cannot help, and leaves nothing open', async () => {
  const login = { username: 'nobody', password: 'wr0ng-secret' };
  const directory = redisDirectory({ ...login, cluster: { nodes: cluster.addresses } });
  const starting = directory.start('n1', new RecordingDirectorySink());
  const error: unknown = await starting.catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'DIRECTORY_UNAVAILABLE',
    message: expect.stringContaining('WRONGPASS'),
  });
  expect(String(error)).not.toContain(login.password);
  await expect(directory.where(['u1'])).rejects.toMatchObject({ code: 'CLOSED' });
});

function masters(): readonly RedisInstance[] {
  return cluster.nodes.slice(0, 3);
}

/** Tells all nodes. */
async function tell(command: string, ...args: string[]): Promise<void> {
  for (const redis of cluster.nodes) await asAdmin({ redis }, (admin) => admin.call(command, args));
}
