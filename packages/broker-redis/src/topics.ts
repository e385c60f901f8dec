import { slotOf } from '@realtime-notify/redis-connection';

/** Names of the Redis pub/sub channels; called topics here, to keep them apart from our channels. */
export interface TopicNames {
  /** The topic that carries a channel's envelopes. */
  of(channel: string): string;
  /** The topic that carries what is sent to one node. */
  ofNode(nodeId: string): string;
}

/** Topics of one Redis. */
export class Topics implements TopicNames {
  readonly #prefix: string;
  readonly #nodePrefix: string;
  /** Where this broker sends messages to itself. */
  readonly probe: string;

  constructor(prefix: string, brokerId: string) {
    this.#prefix = `${prefix}n:`;
    this.#nodePrefix = `${prefix}node:`;
    this.probe = `${prefix}probe:${brokerId}`;
  }

  of(channel: string): string {
    return this.#prefix + channel;
  }

  ofNode(nodeId: string): string {
    return this.#nodePrefix + nodeId;
  }
}

/**
 * Topics of a Cluster, which are shard channels: each carries the hash tag of its channel's partition, so
 * that those of one partition share a slot, and one command may subscribe many.
 */
export class ShardTopics implements TopicNames {
  readonly #prefix: string;
  readonly #brokerId: string;
  readonly #partitions: number;

  constructor(prefix: string, brokerId: string, partitions: number) {
    this.#prefix = prefix;
    this.#brokerId = brokerId;
    this.#partitions = partitions;
  }

  of(channel: string): string {
    return `${this.#tagged(slotOf(channel) % this.#partitions)}n:${channel}`;
  }

  ofNode(nodeId: string): string {
    return `${this.#tagged(slotOf(nodeId) % this.#partitions)}node:${nodeId}`;
  }

  /** Where this broker sends messages to itself through the owner of a partition. */
  probe(partition: number): string {
    return `${this.#tagged(partition)}probe:${this.#brokerId}`;
  }

  /** The channel that a topic carries; undefined where that is any, as a node's. */
  channelOf(topic: string): string | undefined {
    const start = topic.indexOf('}', this.#prefix.length) + 1;
    return topic.startsWith('n:', start) ? topic.slice(start + 'n:'.length) : undefined;
  }

  partitionOf(topic: string): number {
    const start = this.#prefix.length + 1;
    return Number(topic.slice(start, topic.indexOf('}', start)));
  }

  slotOf(partition: number): number {
    return slotOf(this.#tagged(partition));
  }

  #tagged(partition: number): string {
    return `${this.#prefix}{${partition}}`;
  }
}
