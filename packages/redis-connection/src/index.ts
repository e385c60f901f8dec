export {
  addressFields,
  type RedisAddress,
  type RedisLogin,
  type RedisSentinel,
  type RedisTls,
  sourceOf,
} from './redis-address.js';
export { backoffMs, type ClientEvents, type ClientSettings, RedisClient } from './redis-client.js';
export { driverMessage, isRefusal, withoutArguments } from './redis-refusal.js';
export type {
  HostPort,
  IoredisClient,
  RedisServer,
  RedisSource,
  Sentinels,
} from './redis-source.js';
