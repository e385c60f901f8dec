import type { Broker, RequestDefinition } from 'kafkajs/src/cluster/index.js';
import { type FetchedPartition, readFetchAnswer } from './fetch-answer.js';
import type { Acks } from './kafka-client.js';
import type { ProducedRecord } from './kafka-record.js';

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** What one node says of the cluster and of one Kafka topic. */
export interface MetadataAnswer {
  readonly clusterId?: string | null;
  readonly brokers: readonly (NodeAddress & { readonly nodeId: number })[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      /** -1 while there is none. */
      readonly leader: number;
    }[];
  }[];
}

/** Where to read on in one partition. */
export interface FetchPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What became of one partition's part of a request. */
interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
}

/** Both connections to one Kafka node: one is for long-polling fetches alone. */
export interface NodeConnection {
  readonly address: NodeAddress;
  metadata(topic: string): Promise<MetadataAnswer>;
  /** The end (`latest`) or the beginning of partitions. */
  listOffsets(
    topic: string,
    partitions: readonly number[],
    at: 'earliest' | 'latest',
  ): Promise<readonly (PartitionAnswer & { readonly offset: number })[]>;
  produce(
    topic: string,
    batches: ReadonlyMap<number, readonly ProducedRecord[]>,
    options: { readonly timeoutMs: number; readonly gzip: boolean; readonly acks: Acks },
  ): Promise<readonly PartitionAnswer[]>;
  /** Answers when there are `minBytes` to read, at the latest after `maxWaitMs`. */
  fetch(
    topic: string,
    from: ReadonlyMap<number, number>,
    options: {
      readonly maxWaitMs: number;
      readonly minBytes: number;
      readonly maxBytes: number;
    },
  ): Promise<readonly FetchedPartition[]>;
  /**
   * As `fetch`, of several Kafka topics, and only what no open or aborted transaction holds. What comes
   * first in `from` is served first, its first batch whole, however large.
   */
  fetchCommitted(
    from: readonly FetchPlace[],
    options: {
      readonly maxWaitMs: number;
      readonly maxBytes: number;
      readonly maxPartitionBytes: number;
    },
  ): Promise<readonly FetchedPartition[]>;
  /** Rejects what is under way and destroys the sockets. Idempotent. */
  close(): Promise<void>;
}

export type RequestName = 'Produce' | 'Fetch' | 'ListOffsets' | 'Metadata';

const apiKeys = { Produce: 0, Fetch: 1, ListOffsets: 2, Metadata: 3 } as const;

/** Kafka 2.3 and later; the layout that fetch-answer.ts reads. */
const fetchVersion = 11;
const anyReplica = -1;
const readUncommitted = 0;
const readCommitted = 1;
const gzipCodec = 1;

/** Speaks to one node, keeping the error code of every partition instead of failing on the first. */
export function nodeConnection(
  broker: Broker,
  requests: Readonly<Record<RequestName, RequestDefinition>>,
  close: () => Promise<void>,
): NodeConnection {
  const { host, port } = broker.connectionPool;
  const ask = async (name: RequestName, parameters: object): Promise<unknown> => {
    const { request, response, requestTimeout } =
      name === 'Fetch'
        ? requests.Fetch.protocol({ version: fetchVersion })(parameters)
        : broker.lookupRequest(apiKeys[name], requests[name])(parameters);
    const decode = name === 'Fetch' ? decodeFetch : response.decode;
    return broker.connectionPool.send({
      request,
      response: { decode, parse: async (decoded) => decoded },
      logResponseError: false,
      ...(requestTimeout === undefined ? {} : { requestTimeout }),
    });
  };
  return {
    address: { host, port },
    async metadata(topic) {
      const answer = await ask('Metadata', { topics: [topic], allowAutoTopicCreation: false });
      return answer as MetadataAnswer;
    },
    async listOffsets(topic, partitions, at) {
      const timestamp = at === 'latest' ? -1 : -2;
      const answer = (await ask('ListOffsets', {
        replicaId: anyReplica,
        isolationLevel: readUncommitted,
        topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
      })) as ListOffsetsAnswer;
      return answer.responses.flatMap((each) =>
        each.partitions.map(({ partition, errorCode, offset }) => ({
          partition,
          errorCode,
          offset: Number(offset),
        })),
      );
    },
    async produce(topic, batches, { timeoutMs, gzip, acks }) {
      const answer = (await ask('Produce', {
        acks,
        timeout: timeoutMs,
        compression: gzip ? gzipCodec : 0,
        topicData: [
          {
            topic,
            partitions: [...batches].map(([partition, messages]) => ({ partition, messages })),
          },
        ],
      })) as ProduceAnswer;
      return answer.topics.flatMap(({ partitions }) => partitions);
    },
    async fetch(topic, from, { maxWaitMs, minBytes, maxBytes }) {
      const partitions = [...from].map(([partition, offset]) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes,
      }));
      const answer = await ask('Fetch', {
        replicaId: anyReplica,
        isolationLevel: readUncommitted,
        maxWaitTime: maxWaitMs,
        minBytes,
        maxBytes,
        topics: [{ topic, partitions }],
        rackId: '',
      });
      return (answer as Awaited<ReturnType<typeof decodeFetch>>).partitions;
    },
    async fetchCommitted(from, { maxWaitMs, maxBytes, maxPartitionBytes }) {
      const answer = await ask('Fetch', {
        replicaId: anyReplica,
        isolationLevel: readCommitted,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
        maxBytes,
        topics: byTopic(from, ({ partition, offset }) => ({
          partition,
          fetchOffset: String(offset),
          maxBytes: maxPartitionBytes,
        })),
        rackId: '',
      });
      return (answer as Awaited<ReturnType<typeof decodeFetch>>).partitions;
    },
    close,
  };
}

/** As requests name partitions: under their Kafka topics, both in the order given. */
export function byTopic<Place extends { readonly topic: string }, Part>(
  places: readonly Place[],
  part: (place: Place) => Part,
): readonly { readonly topic: string; readonly partitions: readonly Part[] }[] {
  const topics = new Map<string, Part[]>();
  for (const place of places) {
    topics.set(place.topic, [...(topics.get(place.topic) ?? []), part(place)]);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

/** Whether a node is new and old enough; what we ask for must not depend on guesses. */
export function supportsFetch(broker: Broker): boolean {
  const versions = broker.versions?.[apiKeys.Fetch];
  if (versions === undefined) return false;
  return versions.minVersion <= fetchVersion && fetchVersion <= versions.maxVersion;
}

/** Rejects what is under way and destroys the sockets; kafkajs would wait for the answers. */
export async function endConnections(broker: Broker): Promise<void> {
  const closed = new Error('the connection was closed by us');
  await Promise.all(
    broker.connectionPool.pool.map(async (connection) => {
      connection.requestQueue.rejectAll(closed);
      const { socket } = connection;
      await connection.disconnect();
      // With an error, because kafkajs learns of the end of a connection being made only that way.
      socket?.destroy(closed);
    }),
  );
}

interface ListOffsetsAnswer {
  readonly responses: readonly {
    readonly partitions: readonly (PartitionAnswer & { readonly offset: string })[];
  }[];
}

interface ProduceAnswer {
  readonly topics: readonly { readonly partitions: readonly PartitionAnswer[] }[];
}

async function decodeFetch(payload: Buffer) {
  return readFetchAnswer(payload);
}
