import { storeOutageContract } from '@realtime-notify/contract-kit';
import { durable, privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';

const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 100 };

storeOutageContract({
  name: 'store-redis',
  launch: () => privateRedis(durable),
  create: (port, tuning) => redisStore({ url: `redis://127.0.0.1:${port}`, ...quick, ...tuning }),
  linkLines: {
    up: 'store-redis: the link to Redis is up',
    down: 'store-redis: the link to Redis is down',
  },
});
