export type { RedisAddress, RedisLogin, RedisSentinel, RedisTls } from './redis-address.js';
export { redisStore } from './redis-store.js';
export type { RedisStoreOptions, RedisStoreSettings } from './store-options.js';
