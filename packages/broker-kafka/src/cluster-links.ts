import { NotifyError } from '@realtime-notify/core';
import { partitionError } from './kafka-errors.js';
import type { KafkaDriver } from './kafkajs-driver.js';
import type { MetadataAnswer, NodeAddress, NodeConnection } from './node-connection.js';

/** Who leads each partition of one Kafka topic, by partition; -1 where nobody does just now. */
export interface TopicLayout {
  readonly leaders: ReadonlyMap<number, number>;
}

/**
 * The connections to the nodes of a Kafka cluster, at most one pair each, made when first needed. One
 * that failed is dropped and made anew; nothing is retried here.
 */
export class ClusterLinks {
  readonly #driver: KafkaDriver;
  readonly #addresses = new Map<number, NodeAddress>();
  readonly #nodes = new Map<number, Promise<NodeConnection>>();
  readonly #asking = new Map<string, Promise<TopicLayout | undefined>>();
  #clusterId = '';
  #closed = false;

  constructor(driver: KafkaDriver) {
    this.#driver = driver;
  }

  /** Kafka's own name of the cluster; empty before the first layout. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /** Asks the cluster for the layout of a Kafka topic; undefined where the topic does not exist. */
  layout(topic: string): Promise<TopicLayout | undefined> {
    const asked = this.#asking.get(topic);
    if (asked !== undefined) return asked;
    const asking = this.#askLayout(topic).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }

  /** The connection to a node that a layout named. */
  node(nodeId: number): Promise<NodeConnection> {
    const known = this.#nodes.get(nodeId);
    if (known !== undefined) return known;
    const address = this.#addresses.get(nodeId);
    if (address === undefined) return Promise.reject(new Error(`Kafka node ${nodeId} is unknown`));
    const opening = this.#open(address);
    this.#keep(nodeId, opening);
    return opening;
  }

  /** Forgets a connection that failed, so that the next user gets a new one. */
  async drop(nodeId: number, connection: NodeConnection): Promise<void> {
    const kept = this.#nodes.get(nodeId);
    if (kept !== undefined && (await kept.catch(() => undefined)) === connection) {
      if (this.#nodes.get(nodeId) === kept) this.#nodes.delete(nodeId);
    }
    await connection.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#nodes.clear();
    await this.#driver.close();
  }

  #keep(nodeId: number, opening: Promise<NodeConnection>): void {
    this.#nodes.set(nodeId, opening);
    opening.catch(() => {
      if (this.#nodes.get(nodeId) === opening) this.#nodes.delete(nodeId);
    });
  }

  async #open(address?: NodeAddress): Promise<NodeConnection> {
    if (this.#closed) throw closedError();
    const connection = await this.#driver.connect(address);
    if (!this.#closed) return connection;
    await connection.close();
    throw closedError();
  }

  async #askLayout(topic: string): Promise<TopicLayout | undefined> {
    for (const [nodeId, opening] of [...this.#nodes]) {
      const connection = await opening.catch(() => undefined);
      if (connection === undefined) continue;
      try {
        return this.#learn(topic, await connection.metadata(topic));
      } catch {
        // Another node may know; whoever needs this one meets its failure again.
        await this.drop(nodeId, connection);
      }
    }
    const seed = await this.#open();
    try {
      const answer = await seed.metadata(topic);
      const layout = this.#learn(topic, answer);
      await this.#adopt(seed, answer);
      return layout;
    } catch (error) {
      await seed.close();
      throw error;
    }
  }

  /** Keeps the first connection as one to the node that it turned out to lead to. */
  async #adopt(seed: NodeConnection, { brokers }: MetadataAnswer): Promise<void> {
    const { host, port } = seed.address;
    const node = brokers.find((each) => each.host === host && each.port === port);
    if (node === undefined || this.#nodes.has(node.nodeId)) return seed.close();
    this.#keep(node.nodeId, Promise.resolve(seed));
  }

  #learn(
    topic: string,
    { brokers, clusterId, topicMetadata }: MetadataAnswer,
  ): TopicLayout | undefined {
    this.#clusterId = clusterId ?? this.#clusterId;
    for (const { nodeId, host, port } of brokers) this.#addresses.set(nodeId, { host, port });
    const found = topicMetadata.find((each) => each.topic === topic);
    const code = found?.topicErrorCode ?? partitionError.unknownTopicOrPartition;
    if (code === partitionError.unknownTopicOrPartition) return undefined;
    if (found === undefined || code !== partitionError.none) throw this.#driver.protocolError(code);
    const leaders = found.partitionMetadata.map(
      ({ partitionId, leader }) => [partitionId, leader] as const,
    );
    return { leaders: new Map(leaders) };
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Kafka client is closed');
}
