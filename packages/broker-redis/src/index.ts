export type { RedisBrokerOptions, RedisBrokerSettings } from './broker-options.js';
export { redisBroker } from './redis-broker.js';
