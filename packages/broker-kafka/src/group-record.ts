import type { KafkaMessage } from 'kafkajs';
import type { IncomingRecord } from './kafka-record.js';

/** What a consumer of kafkajs hands over, as ours. */
export function incomingRecord(partition: number, message: KafkaMessage): IncomingRecord {
  const headers = new Map<string, Buffer>();
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) headers.set(name, Buffer.from(last));
  }
  return {
    partition,
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers,
    timestamp: Number(message.timestamp),
  };
}
