export type {
  RedisAddress,
  RedisCluster,
  RedisLogin,
  RedisSentinel,
  RedisTls,
} from '@realtime-notify/redis-connection';
export { redisStore } from './redis-store.js';
export type { RedisStoreOptions, RedisStoreSettings } from './store-options.js';
