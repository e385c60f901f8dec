import { type Logger, NotifyError } from '@realtime-notify/core';
import kafkajs, { type Admin, type Consumer, type KafkaConfig } from 'kafkajs';
import type { Broker } from 'kafkajs/src/cluster/index.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import protocolErrors from 'kafkajs/src/protocol/error.js';
import protocol from 'kafkajs/src/protocol/requests/index.js';
import { withDeadline } from './deadline.js';
import { groupCodec } from './group/group-codec.js';
import { type GroupLink, type GroupLinkSettings, groupLink } from './group/group-link.js';
import {
  endConnections,
  type NodeAddress,
  type NodeConnection,
  nodeConnection,
  supportsFetch,
} from './node-connection.js';
import { NodeSockets } from './node-sockets.js';
import { quietCluster } from './quiet-cluster.js';

const defaults = {
  clientId: 'realtime-notify',
  connectionTimeout: 3_000,
  authenticationTimeout: 10_000,
  // Also how long a link can be half open before it is noticed.
  requestTimeout: 10_000,
} as const;

/**
 * How long a node's own group keeps it as a member without a heartbeat. Nobody takes over from it, so
 * this only says when a dead node's group counts as empty.
 */
const nodeSessionMs = 12_000;
const disconnectMs = 2_000;
const quickRetry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 } as const;

/** What the rest of the package sees of kafkajs. This is the only file that imports it. */
export interface KafkaDriver {
  /** A connection to `address`, or to the next of the configured addresses. */
  connect(address?: NodeAddress): Promise<NodeConnection>;
  admin(): Admin;
  /** A connection to the coordinator of a group. */
  groupLink(settings: GroupLinkSettings): Promise<GroupLink>;
  groupAdmin(): GroupAdmin;
  /** `onCut` is called when one of its links ends. */
  nodeConsumer(groupId: string, settings: FetchSettings, onCut: () => void): NodeConsumer;
  /** Decompresses a record batch; rejects where the codec is not registered with kafkajs. */
  decompress(codec: number, bytes: Buffer): Promise<Buffer>;
  /** The error for a code that an answer carries. */
  protocolError(code: number): Error;
  /** The partition of a key, as Kafka's own clients choose it; any for none. */
  partitionOf(key: string | Buffer | null, partitions: number): number;
  /** Ends all connections that `connect` made or is making. */
  close(): Promise<void>;
}

export interface FetchSettings {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly layoutMaxAgeMs: number;
}

/** A consumer with links of its own, which ends where it fails: it does not restart by itself. */
export interface NodeConsumer {
  readonly consumer: Consumer;
  /** Leaves the group and disconnects; cuts the links where that takes too long. Never rejects. */
  end(): Promise<void>;
}

/** An admin with links of its own. */
export interface GroupAdmin {
  readonly admin: Admin;
  /** Disconnects; cuts the links where that takes too long. Never rejects. */
  end(): Promise<void>;
}

export function kafkajsDriver(config: KafkaConfig, logger: Logger): KafkaDriver {
  const settings = { ...defaults, ...config };
  const own: KafkaConfig = {
    ...settings,
    logLevel: kafkajs.logLevel.INFO,
    // kafkajs reports every failed attempt; we report changes of state ourselves.
    logCreator:
      () =>
      ({ namespace, label, log: { message, timestamp: _, ...facts } }) => {
        logger.debug({ kafkajs: namespace, level: label, ...facts }, message);
      },
  };
  const kafka = new kafkajs.Kafka(own);
  const cluster = quietCluster(kafka)({ allowAutoTopicCreation: false });
  const choosePartition = kafkajs.Partitioners.DefaultPartitioner();
  const opened = new Set<Broker>();
  const withOwnLinks = (onCut: () => void) => {
    const sockets = new NodeSockets(settings.socketFactory ?? createSocketFactory(), onCut);
    const owner = new kafkajs.Kafka({ ...own, socketFactory: sockets.create });
    quietCluster(owner);
    const end = async (part: Admin | Consumer): Promise<void> => {
      // Where the link hangs kafkajs would wait for its answers.
      await withDeadline('disconnecting', disconnectMs, part.disconnect()).catch(() => {});
      sockets.destroy();
    };
    return { kafka: owner, end };
  };
  const connectMs = 2 * settings.connectionTimeout + settings.authenticationTimeout;

  const open = async (address?: NodeAddress) => {
    const connectionPool = await cluster.connectionPoolBuilder.build(address);
    const broker = cluster.brokerPool.createBroker({ connectionPool, logger: kafka.logger() });
    opened.add(broker);
    const close = async (): Promise<void> => {
      if (opened.delete(broker)) await endConnections(broker);
    };
    try {
      const where = `${connectionPool.host}:${connectionPool.port}`;
      await withDeadline(`connecting to ${where}`, connectMs, broker.connect());
      if (!supportsFetch(broker)) {
        throw new NotifyError('BROKER_CONFIGURATION', `Kafka at ${where} must be 2.3 or later`);
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { broker, close };
  };

  return {
    async connect(address) {
      const { broker, close } = await open(address);
      return nodeConnection(broker, protocol.requests, close);
    },
    async groupLink(group) {
      const seed = await open();
      try {
        const asking = seed.broker.findGroupCoordinator({
          groupId: group.groupId,
          coordinatorType: 0,
        });
        const { coordinator } = await withDeadline('finding the coordinator', connectMs, asking);
        const { broker, close } = await open({ host: coordinator.host, port: coordinator.port });
        return groupLink(broker, groupCodec(kafkajs.AssignerProtocol), group, close);
      } finally {
        await seed.close();
      }
    },
    admin: () => kafka.admin({ retry: { retries: 2 } }),
    groupAdmin() {
      const { kafka: watched, end } = withOwnLinks(() => {});
      const admin = watched.admin({ retry: { retries: 2 } });
      return { admin, end: () => end(admin) };
    },
    nodeConsumer(groupId, { maxWaitMs, minBytes, maxBytes, layoutMaxAgeMs }, onCut) {
      const { kafka: watched, end } = withOwnLinks(onCut);
      const consumer = watched.consumer({
        ...{ groupId, minBytes, maxBytes, maxBytesPerPartition: maxBytes },
        ...{ maxWaitTimeInMs: maxWaitMs, metadataMaxAge: layoutMaxAgeMs },
        ...{ sessionTimeout: nodeSessionMs, heartbeatInterval: nodeSessionMs / 3 },
        allowAutoTopicCreation: false,
        retry: { ...quickRetry, restartOnFailure: async () => false },
      });
      return { consumer, end: () => end(consumer) };
    },
    async decompress(codec, bytes) {
      const codecs: Readonly<Record<number, Codec | undefined>> = kafkajs.CompressionCodecs;
      const open = codecs[codec];
      if (open === undefined) throw new Error(`unknown compression codec ${codec}`);
      return open().decompress(bytes);
    },
    protocolError: (code) => protocolErrors.createErrorFromCode(code),
    partitionOf(key, partitions) {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        ...{ partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] },
      }));
      return choosePartition({ topic: '', partitionMetadata, message: { key, value: null } });
    },
    async close() {
      const all = [...opened];
      opened.clear();
      await Promise.all(all.map(endConnections));
    },
  };
}

/** As kafkajs wants codecs to be registered. */
type Codec = () => { decompress(bytes: Buffer): Promise<Buffer> };
