export type { RedisBrokerOptions, RedisBrokerSettings } from './broker-options.js';
export type { RedisAddress, RedisLogin, RedisSentinel, RedisTls } from './redis-address.js';
export { redisBroker } from './redis-broker.js';
