import { dueWorkContract, tcpProxy } from '@realtime-notify/contract-kit';
import { beforeAll } from 'vitest';
import { redisStore } from '../src/index.js';
import { redisMustAnswer, redisUrl, runPrefix } from './test-redis.js';

beforeAll(redisMustAnswer);

dueWorkContract({
  name: 'store-redis',
  shared: true,
  create: () => redisStore({ url: redisUrl, keyPrefix: runPrefix }),
  createFragile: async () => {
    const url = new URL(redisUrl);
    const { port, goAway } = await tcpProxy(Number(url.port));
    url.port = String(port);
    url.hostname = '127.0.0.1';
    return { store: redisStore({ url: url.href, keyPrefix: runPrefix }), goAway };
  },
});
