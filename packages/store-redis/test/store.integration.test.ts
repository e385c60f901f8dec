import { type FragileStore, storeContract, tcpProxy } from '@realtime-notify/contract-kit';
import { afterAll, beforeAll } from 'vitest';
import { startSecureRedis } from '../../../scripts/private-servers/redis.js';
import { type RedisStoreOptions, redisStore } from '../src/index.js';
import { redisMustAnswer, redisUrl, runPrefix } from './test-redis.js';

let secure: Awaited<ReturnType<typeof startSecureRedis>>;
beforeAll(async () => {
  await redisMustAnswer();
  secure = await startSecureRedis();
});
afterAll(() => secure?.dispose());

const variants: Readonly<Record<string, () => RedisStoreOptions & { readonly url: string }>> = {
  'as it is': () => ({ url: redisUrl }),
  'over TLS, with a password': () => {
    const { secureUrl: url, user, certificates } = secure;
    return { url, ...user, tls: { ca: certificates.ca } };
  },
};

for (const [name, address] of Object.entries(variants)) {
  storeContract({
    name: `store-redis, ${name}`,
    shared: true,
    create: (tuning) => redisStore({ ...address(), keyPrefix: runPrefix, ...tuning }),
    createFragile: async (): Promise<FragileStore> => {
      const url = new URL(address().url);
      const { port, goAway } = await tcpProxy(Number(url.port));
      url.port = String(port);
      url.hostname = '127.0.0.1';
      const store = redisStore({ ...address(), url: url.href, keyPrefix: runPrefix });
      return { store, goAway };
    },
  });
}
