export { redisStore } from './redis-store.js';
export type { RedisStoreOptions, RedisStoreSettings } from './store-options.js';
