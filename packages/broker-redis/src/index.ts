export type {
  RedisAddress,
  RedisCluster,
  RedisLogin,
  RedisSentinel,
  RedisTls,
} from '@realtime-notify/redis-connection';
export type { RedisBrokerOptions, RedisBrokerSettings } from './broker-options.js';
export { redisBroker } from './redis-broker.js';
