import { inboxContract } from '@realtime-notify/contract-kit';
import { beforeAll } from 'vitest';
import { redisStore } from '../src/index.js';
import { redisMustAnswer, redisUrl, runPrefix } from './test-redis.js';

beforeAll(redisMustAnswer);

inboxContract({
  name: 'store-redis',
  shared: true,
  create: (tuning) => redisStore({ url: redisUrl, keyPrefix: runPrefix, ...tuning }),
});
