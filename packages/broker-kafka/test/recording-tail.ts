import { silentLogger } from '@realtime-notify/core';
import { onTestFinished } from 'vitest';
import type { KafkaClient, Tail, TailOptions, TopicPlan } from '../src/kafka-client.js';
import type { IncomingRecord } from '../src/kafka-record.js';
import { type KafkajsClientOptions, kafkajsClient } from '../src/kafkajs-client.js';

/** A client that is closed when the test has finished. */
export function testClient(
  config: KafkajsClientOptions['config'],
  options: Partial<KafkajsClientOptions> = {},
): KafkaClient {
  const client = kafkajsClient({ logger: silentLogger, ...options, config });
  onTestFinished(() => client.close());
  return client;
}

/** A tail that keeps what it read and what it was told. */
export class RecordingTail {
  readonly records: IncomingRecord[] = [];
  /** `up`, `down` and `resync`, in the order they came. */
  readonly events: string[] = [];
  readonly errors: string[] = [];
  readonly tail: Tail;

  /** With `groupId` as the member of a group. */
  constructor(client: KafkaClient, topic: string, create?: TopicPlan, groupId?: string) {
    const options: TailOptions = {
      topic,
      create,
      onRecords: (records) => this.records.push(...records),
      onResync: () => this.events.push('resync'),
      onState: (link) => {
        this.events.push(link.state);
        if (link.state === 'down') this.errors.push(link.error.code);
      },
    };
    this.tail =
      groupId === undefined ? client.tail(options) : client.groupTail({ ...options, groupId });
  }

  get values(): string[] {
    return this.records.map(({ value }) => value?.toString() ?? '');
  }

  /** Whether every partition was read in order, nothing twice. */
  get inOrder(): boolean {
    const last = new Map<number, number>();
    return this.records.every(({ partition, offset }) => {
      const before = last.get(partition) ?? -1;
      last.set(partition, offset);
      return offset > before;
    });
  }
}

/** Records with the keys k0, k1 ... and the numbers as values. */
export function numbered(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    key: `k${(from + i) % 50}`,
    value: String(from + i),
    headers: {},
  }));
}
