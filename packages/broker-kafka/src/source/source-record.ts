import type { NotifyRequest } from '@realtime-notify/core';
import type { IncomingRecord } from '../kafka-record.js';

/** A record of a source topic, its value decoded. */
export interface SourceRecord<Value = unknown> {
  /** Undefined for a record without a value. */
  readonly value: Value;
  readonly key: Buffer | null;
  /** Of a name that occurs several times, the last. */
  readonly headers: ReadonlyMap<string, Buffer>;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970 UTC, by the producer's clock or Kafka's, as the topic is configured. */
  readonly timestamp: number;
}

/** What a record asks to be sent. Its idempotency key is the source's to make. */
export type MappedNotification = Omit<NotifyRequest, 'idempotencyKey' | 'whenStoreDown'>;

/** One notification, several, or none. */
export type Mapped = MappedNotification | readonly MappedNotification[] | undefined;

/** `record` with its value as it came. */
export function rawRecord(topic: string, record: IncomingRecord): SourceRecord<Buffer | null> {
  const { value, key, headers, partition, offset, timestamp } = record;
  return { value, key, headers, topic, partition, offset, timestamp };
}
