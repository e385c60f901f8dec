import { directoryContract, tcpProxy } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '../../../scripts/private-servers/redis.js';
import { redisDirectory } from '../src/index.js';
import { asAdmin, quickLease, usersHeld } from './test-directory.js';

// A Redis of its own: the suite cuts the links of all clients, and empties it.
let own: PrivateRedis;
beforeAll(async () => {
  own = await startPrivateRedis();
});
afterAll(() => own?.dispose());

directoryContract({
  name: 'directory-redis',
  capabilities: { shared: true },
  createNode: () => redisDirectory({ ...quickLease, url: own.redis.url }),
  shared: {
    createFragile: async () => {
      const { port, goAway } = await tcpProxy(Number(new URL(own.redis.url).port));
      const directory = redisDirectory({ ...quickLease, url: `redis://127.0.0.1:${port}` });
      return { directory, goAway };
    },
    interrupt: () =>
      asAdmin(own, (admin) => admin.call('client', 'KILL', 'TYPE', 'normal')).then(ignore),
    loseData: () => asAdmin(own, (admin) => admin.flushall()).then(ignore),
    usersHeld: () => usersHeld(own),
  },
});

function ignore(): void {}
