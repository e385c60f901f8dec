export { ClusterMasters, type MasterHooks } from './cluster-masters.js';
export { type Redirection, redirectionOf } from './redirection.js';
export {
  addressFields,
  type RedisAddress,
  type RedisCluster,
  type RedisLogin,
  type RedisSentinel,
  type RedisTls,
  sourceOf,
} from './redis-address.js';
export { backoffMs, type ClientEvents, type ClientSettings, RedisClient } from './redis-client.js';
export { driverMessage, isRefusal, withoutArguments } from './redis-refusal.js';
export type {
  ClusterSource,
  HostPort,
  IoredisClient,
  RedisServer,
  RedisSource,
  Sentinels,
} from './redis-source.js';
export { slotCount, slotOf } from './slot-of.js';
