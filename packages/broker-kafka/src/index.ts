export type { BulkTopic, CreateTopic, DirectTopic, KafkaBrokerOptions } from './broker-options.js';
export { kafkaBroker } from './kafka-broker.js';
export { type KafkaSource, kafkaSource } from './kafka-source.js';
export type { KafkaSourceOptions, SourceTarget } from './source-options.js';
