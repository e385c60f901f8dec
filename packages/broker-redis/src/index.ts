export type {
  RedisAddress,
  RedisCluster,
  RedisLogin,
  RedisSentinel,
  RedisTls,
} from '@realtime-notify/redis-connection';
export type { RedisBrokerOptions, RedisBrokerSettings } from './broker-options.js';
export type {
  RedisDirectoryOptions,
  RedisDirectorySettings,
} from './directory/directory-options.js';
export { redisDirectory } from './directory/redis-directory.js';
export { redisBroker } from './redis-broker.js';
