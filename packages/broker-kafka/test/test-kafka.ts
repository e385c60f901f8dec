import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { onTestFinished } from 'vitest';

/** The Kafka that `npm run services -- up` leaves running. */
export function kafkaBrokers(): string[] {
  const brokers = process.env.KAFKA_BROKERS;
  if (brokers === undefined || brokers === '') {
    throw new Error('KAFKA_BROKERS is not set; start it with: npm run services -- up');
  }
  return brokers.split(',');
}

/** A Kafka topic of this run only. */
export function freshTopic(label = 'test'): string {
  return `rn-${label}-${randomUUID()}`;
}

/** A plain kafkajs, nothing of ours: to look at the cluster and to disturb it. */
export function plainKafka(brokers: readonly string[], more: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({ ...more, brokers: [...brokers], logLevel: logLevel.NOTHING });
}

export async function withAdmin<T>(
  brokers: readonly string[],
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = plainKafka(brokers).admin();
  try {
    await admin.connect();
    return await use(admin);
  } catch (cause) {
    throw new Error(`Kafka at ${brokers} failed; start it with: npm run services -- up`, { cause });
  } finally {
    await admin.disconnect();
  }
}

/** A Kafka topic that is gone when the test has finished. */
export async function createTopic(
  brokers: readonly string[],
  topic: string,
  numPartitions: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions, configEntries }],
    });
    // `waitForLeaders` of kafkajs fails where a node has not heard of the topic yet.
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const leaders = topics[0]?.partitions.map(({ leader }) => leader);
      if (leaders?.length !== numPartitions || leaders.includes(-1)) throw new Error('no leaders');
    });
  });
  onTestFinished(() => deleteTopic(brokers, topic));
}

export async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] })).catch(() => {});
}

/** A KafkaConfig whose sockets can be cut off, as a broken network does. */
export class CuttableLinks {
  readonly config: KafkaConfig;
  readonly #sockets = new Set<Socket>();
  /** Of sockets that are closed. */
  #bytesRead = 0;
  #held = false;
  #silent = false;

  constructor(brokers: readonly string[]) {
    this.config = {
      brokers: [...brokers],
      socketFactory: ({ host, port, onConnect }) => {
        // Nothing listens on port 1.
        const socket = connect({ host, port: this.#held ? 1 : port }, onConnect);
        if (this.#silent) socket.pause();
        this.#sockets.add(socket);
        socket.once('close', () => {
          this.#bytesRead += socket.bytesRead;
          this.#sockets.delete(socket);
        });
        return socket;
      },
    };
  }

  /** What has come over all of them. */
  get bytesRead(): number {
    return [...this.#sockets].reduce((sum, { bytesRead }) => sum + bytesRead, this.#bytesRead);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy(new Error('the test cut the link'));
  }

  /** Cuts, and refuses new connections until `release`. */
  hold(): void {
    this.#held = true;
    this.cut();
  }

  release(): void {
    this.#held = false;
  }

  /** From now on nothing comes through, and nobody is told. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** The same, also for links that are made from now on: a server that stands still. */
  silence(): void {
    this.#silent = true;
    this.freeze();
  }
}
