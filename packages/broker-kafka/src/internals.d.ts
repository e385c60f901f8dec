/**
 * The parts of kafkajs 2.2.4 behind its public interface that we use, and nothing more.
 * Imported by kafkajs-driver.ts only; `kafkajs` is pinned exactly because of this file.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type { Socket } from 'node:net';
  import type { Logger } from 'kafkajs';

  /** One request with the functions that read its answer. */
  interface ProtocolRequest {
    readonly request: object;
    readonly response: {
      decode(payload: Buffer): Promise<unknown>;
      /** Throws for the first error code in the answer, and with it loses the rest. */
      parse(decoded: unknown): Promise<unknown>;
    };
    readonly requestTimeout?: number;
    readonly logResponseError?: boolean;
  }

  interface RequestQueue {
    readonly pending: readonly unknown[];
    /** Re-arms a timer of 1 ms for ever once the first answer has come, with or without requests. */
    scheduleCheckPendingRequests(): void;
    rejectAll(error: Error): void;
  }

  interface Connection {
    readonly requestQueue: RequestQueue;
    readonly socket?: Socket;
    disconnect(): Promise<unknown>;
  }

  /** Two connections to one node: the second is for Fetch alone. */
  interface ConnectionPool {
    readonly host: string;
    readonly port: number;
    readonly pool: readonly Connection[];
    send(request: ProtocolRequest): Promise<unknown>;
  }

  interface Broker {
    readonly connectionPool: ConnectionPool;
    readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null;
    connect(): Promise<void>;
    /** The newest version of a request that both sides know. */
    lookupRequest(apiKey: number, definition: RequestDefinition): RequestBuilder;
    findGroupCoordinator(request: {
      readonly groupId: string;
      readonly coordinatorType: 0;
    }): Promise<{ readonly coordinator: Destination }>;
    /** Asks again with the id that Kafka gives, where it wants a new member to have one. */
    joinGroup(request: {
      readonly groupId: string;
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly memberId: string;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    }): Promise<{
      readonly generationId: number;
      readonly leaderId: string;
      readonly memberId: string;
      readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
    }>;
    syncGroup(request: {
      readonly groupId: string;
      readonly generationId: number;
      readonly memberId: string;
      readonly groupAssignment: readonly {
        readonly memberId: string;
        readonly memberAssignment: Buffer;
      }[];
    }): Promise<{ readonly memberAssignment: Buffer }>;
    heartbeat(request: {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
    }): Promise<unknown>;
    leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
    offsetCommit(request: {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[];
    }): Promise<unknown>;
    offsetFetch(request: {
      readonly groupId: string;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number }[];
      }[];
    }): Promise<{
      readonly responses: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[];
    }>;
  }

  type RequestBuilder = (parameters: object) => ProtocolRequest;

  interface RequestDefinition {
    protocol(options: { readonly version: number }): RequestBuilder;
  }

  interface Destination {
    readonly host: string;
    readonly port: number;
  }

  interface Cluster {
    readonly connectionPoolBuilder: {
      /** Without a destination: the next of the configured addresses. */
      build(destination?: Destination): Promise<ConnectionPool>;
    };
    readonly brokerPool: {
      createBroker(options: { connectionPool: ConnectionPool; logger: Logger }): Broker;
    };
  }

  interface ClusterOptions {
    readonly allowAutoTopicCreation?: boolean;
  }

  export type { Broker, Cluster, ClusterOptions, RequestDefinition };
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  import type { RequestDefinition } from 'kafkajs/src/cluster/index.js';

  const protocol: {
    readonly requests: Readonly<
      Record<'Produce' | 'Fetch' | 'ListOffsets' | 'Metadata', RequestDefinition>
    >;
  };
  export default protocol;
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: {
    createErrorFromCode(code: number): Error & { readonly type: string; readonly code: number };
  };
  export default errors;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs';

  /** What kafkajs uses where the KafkaConfig names none. */
  const createSocketFactory: () => ISocketFactory;
  export default createSocketFactory;
}
