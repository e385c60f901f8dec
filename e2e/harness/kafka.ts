import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { eventually } from './eventually.js';
import { serviceAddress } from './service-address.js';

/** A record as a program reads it that knows nothing of us. */
export interface KafkaRecord {
  readonly partition: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Kafka seen from outside, with plain kafkajs. */
export class KafkaView {
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #created: string[] = [];

  private constructor(kafka: Kafka) {
    this.#kafka = kafka;
    this.#admin = kafka.admin();
  }

  static async open(): Promise<KafkaView> {
    const brokers = serviceAddress('KAFKA_BROKERS').split(',');
    const view = new KafkaView(
      new Kafka({ clientId: 'e2e', brokers, logLevel: logLevel.NOTHING, retry: { retries: 8 } }),
    );
    await view.#admin.connect();
    return view;
  }

  /** Creates a Kafka topic that `close` deletes. */
  async createTopic(
    topic: string,
    numPartitions: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await this.#admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions, configEntries }],
    });
    this.#created.push(topic);
    // `waitForLeaders` of kafkajs fails where the node asked has not heard of the topic yet.
    await eventually(`${topic} has leaders`, async () => {
      const asked = this.#admin.fetchTopicMetadata({ topics: [topic] });
      const found = await asked.catch(() => ({ topics: [] }));
      const leaders = found.topics[0]?.partitions.map(({ leader }) => leader) ?? [];
      return leaders.length === numPartitions && !leaders.includes(-1);
    });
  }

  /** How far a group has committed each partition of a Kafka topic, in their order; -1 where it has not. */
  async committed(groupId: string, topic: string): Promise<readonly number[]> {
    const [found] = await this.#admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = [...(found?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return partitions.map(({ offset }) => Number(offset));
  }

  /** A producer whose own retries put nothing there twice; the caller disconnects it. */
  async producer(): Promise<Producer> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  }

  /** How many records were ever written to the Kafka topic. */
  async count(topic: string): Promise<number> {
    const partitions = await this.#admin.fetchTopicOffsets(topic);
    return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }

  /** All records of a Kafka topic from its beginning to where it ends now. */
  async readAll(topic: string): Promise<KafkaRecord[]> {
    const expected = await this.count(topic);
    const records: KafkaRecord[] = [];
    if (expected === 0) return records;
    const groupId = `e2e-reader-${randomUUID()}`;
    const consumer = this.#kafka.consumer({ groupId });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [
            name,
            String(value),
          ]);
          records.push({
            partition,
            key: message.key?.toString(),
            value: String(message.value),
            headers: Object.fromEntries(headers),
          });
        },
      });
      await eventually(
        `${expected} records of ${topic} are read`,
        () => records.length >= expected,
        () => `${records.length} came`,
      );
    } finally {
      await consumer.disconnect();
    }
    await this.#admin.deleteGroups([groupId]);
    return records;
  }

  /** Deletes what was created, and the groups named after it that nobody is in any more. */
  async close(): Promise<void> {
    const { groups } = await this.#admin.listGroups();
    const ours = groups
      .map(({ groupId }) => groupId)
      .filter((groupId) => this.#created.some((topic) => groupId.startsWith(topic)));
    if (ours.length > 0) {
      // Who was killed is in them until its session ends.
      await eventually('nobody is in the groups any more', async () => {
        const described = await this.#admin.describeGroups(ours);
        return described.groups.every(({ members }) => members.length === 0);
      });
      await this.#admin.deleteGroups(ours);
    }
    const all = await this.#admin.listTopics();
    // Dead-letter topics that the nodes made are named after their source.
    const made = all.filter((topic) => this.#created.some((each) => topic.startsWith(each)));
    if (made.length > 0) await this.#admin.deleteTopics({ topics: made });
    await this.#admin.disconnect();
  }
}
