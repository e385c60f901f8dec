import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { waitFor } from './wait.js';

export type ClientSecurity = Pick<KafkaConfig, 'ssl' | 'sasl'>;

/** The live brokers of a cluster; one short attempt. */
export async function kafkaCluster(
  brokers: readonly string[],
  security: ClientSecurity = {},
): Promise<{ nodeIds: number[] }> {
  return withAdmin(brokers, security, async (admin) => {
    const cluster = await admin.describeCluster();
    return { nodeIds: cluster.brokers.map((broker) => broker.nodeId) };
  });
}

/**
 * Proves that a produced record is read back, by a consumer group as an application would use it.
 * Leaves neither the topic nor the group behind.
 */
export async function kafkaRoundTrip(
  brokers: readonly string[],
  timeoutMs: number,
  security: ClientSecurity = {},
): Promise<void> {
  const topic = `services-probe-${randomUUID()}`;
  const kafka = client(brokers, 8, security);
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: topic, sessionTimeout: 10_000 });
  await withAdmin(brokers, security, async (admin) => {
    try {
      // The nodes of a new cluster learn of a topic one after the other.
      const made = async (): Promise<boolean> => {
        await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
      };
      await waitFor('kafka: a topic to probe with', made, { timeoutMs, everyMs: 200 });
      await producer.connect();
      await producer.send({ topic, messages: [{ value: topic }] });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await withTimeout(`kafka: no record read back within ${timeoutMs} ms`, timeoutMs, (done) =>
        consumer.run({
          eachMessage: async ({ message }) => {
            if (message.value?.toString() === topic) done();
          },
        }),
      );
    } finally {
      await Promise.allSettled([consumer.disconnect(), producer.disconnect()]);
      await Promise.allSettled([
        admin.deleteGroups([topic]),
        admin.deleteTopics({ topics: [topic] }),
      ]);
    }
  });
}

async function withAdmin<T>(
  brokers: readonly string[],
  security: ClientSecurity,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = client(brokers, 0, security).admin();
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

function client(brokers: readonly string[], retries: number, security: ClientSecurity): Kafka {
  return new Kafka({
    ...security,
    clientId: 'services',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries },
  });
}

function withTimeout(
  message: string,
  timeoutMs: number,
  begin: (done: () => void) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(message)), timeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    begin(done).catch((error: unknown) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
