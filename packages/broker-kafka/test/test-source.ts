import type { NotifyRequest } from '@realtime-notify/core';
import type { CompressionTypes, Message } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { type KafkaSourceOptions, kafkaSource } from '../src/index.js';
import {
  createTopic,
  deleteTopic,
  freshTopic,
  kafkaBrokers,
  plainKafka,
  withAdmin,
} from './test-kafka.js';

const brokers = kafkaBrokers();

/** A notifier that keeps what it is asked for, and fails where `failure` says so. */
export class TestTarget {
  readonly requests: NotifyRequest[] = [];
  failure: (request: NotifyRequest) => Error | undefined = () => undefined;

  async notify(request: NotifyRequest): Promise<void> {
    const failure = this.failure(request);
    if (failure !== undefined) throw failure;
    this.requests.push(request);
  }

  get texts(): unknown[] {
    return this.requests.map(({ data }) => data);
  }
}

export async function startSource(
  topic: string,
  notifier: TestTarget,
  options: Partial<KafkaSourceOptions> = {},
) {
  const source = kafkaSource({ kafka: { brokers }, topic, notifier, createTopic: {}, ...options });
  onTestFinished(() => source.close());
  await source.start();
  return source;
}

export async function produce(
  topic: string,
  messages: Message[],
  compression?: CompressionTypes,
): Promise<void> {
  // Retries of its own must not put a record there twice.
  const producer = plainKafka(brokers).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  await producer.send({ topic, messages, ...(compression && { compression }) });
  await producer.disconnect();
}

export const record = (user: string, data: unknown, partition = 0): Message => ({
  partition,
  value: JSON.stringify({ to: { user }, type: 'message', data }),
});

/** A Kafka topic with the default group of a source, both gone when the test has finished. */
export async function sourceTopic(
  partitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = freshTopic('source');
  await createTopic(brokers, topic, partitions, settings);
  onTestFinished(async () => {
    await withAdmin(brokers, (admin) => admin.deleteGroups([`${topic}-source`])).catch(() => {});
    const letters = `${topic}.dead-letters`;
    // To delete what is gone already takes kafkajs 10 s.
    const topics = await withAdmin(brokers, (admin) => admin.listTopics());
    if (topics.includes(letters)) await deleteTopic(brokers, letters);
  });
  return topic;
}

/** How far the group of a source has committed each partition; -1 where it has not. */
export async function committed(topic: string, groupId = `${topic}-source`): Promise<number[]> {
  const [found] = await withAdmin(brokers, (admin) =>
    admin.fetchOffsets({ groupId, topics: [topic] }),
  );
  const partitions = [...(found?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
  return partitions.map(({ offset }) => Number(offset));
}

export interface Letter {
  readonly reason: string;
  readonly offset: number;
  readonly value: Buffer | null;
  readonly truncated: string | undefined;
}

/** Collects the dead letters of a Kafka topic as they come. */
export async function readLetters(topic: string): Promise<Letter[]> {
  const letters: Letter[] = [];
  const groupId = `${topic}-test`;
  // Short, because to disconnect it waits for the end of a fetch.
  const consumer = plainKafka(brokers).consumer({ groupId, maxWaitTimeInMs: 100 });
  onTestFinished(async () => {
    await consumer.disconnect();
    await withAdmin(brokers, (admin) => admin.deleteGroups([groupId])).catch(() => {});
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { headers = {}, value } }) => {
      letters.push({
        reason: String(headers['dead-letter-reason']),
        offset: Number(headers['dead-letter-offset']),
        value,
        truncated: headers['dead-letter-truncated']?.toString(),
      });
    },
  });
  return letters;
}
