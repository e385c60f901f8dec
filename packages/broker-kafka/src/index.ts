export type { BulkTopic, CreateTopic, DirectTopic, KafkaBrokerOptions } from './broker-options.js';
export { kafkaBroker } from './kafka-broker.js';
export type { DeadLetterReason } from './source/dead-letter.js';
export { type KafkaSource, kafkaSource } from './source/kafka-source.js';
export { RetryLater } from './source/retry-later.js';
export type { SourceTarget } from './source/send-many.js';
export type { DeadLetterOptions, KafkaSourceOptions } from './source/source-options.js';
export type { Mapped, MappedNotification, SourceRecord } from './source/source-record.js';
export { type KafkaWriteBackOptions, kafkaWriteBack } from './write-back/kafka-write-back.js';
