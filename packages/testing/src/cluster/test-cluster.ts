import {
  type Catalogue,
  type CatalogueSchemas,
  type LogPage,
  resolveOptions,
  samePosition,
} from '@realtime-notify/core';
import type { BrokerFaults } from '../broker/broker-faults.js';
import { SharedBroker } from '../broker/shared-broker.js';
import { type ClientRequest, TestClient } from '../client/test-client.js';
import { type ClusterClock, realClock } from '../clock/cluster-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { SeededRandom } from '../random/seeded-random.js';
import { SharedStore } from '../store/shared-store.js';
import type { StoreFaults } from '../store/store-faults.js';
import { clusterOptionsSchema, type TestClusterOptions } from './cluster-options.js';
import { TestNode } from './test-node.js';

const stepMs = 50;

/** A cluster of nodes in this process. Made by {@link testCluster}. */
export class TestCluster<Schemas extends CatalogueSchemas = CatalogueSchemas> {
  /** What decided all that is left to chance: pass it to see the same again. */
  readonly seed: number;
  readonly nodes: readonly TestNode<Schemas>[];
  readonly #broker: SharedBroker;
  readonly #store: SharedStore;
  readonly #clock: ClusterClock;
  readonly #clients: TestClient[] = [];
  #closed = false;

  constructor({ catalogue, notifier, ...rest }: TestClusterOptions<Schemas>) {
    const { nodes, seed, clock } = resolveOptions(clusterOptionsSchema, rest, 'testCluster');
    const random = new SeededRandom(seed);
    this.seed = seed;
    this.#broker = new SharedBroker(random);
    this.#store = new SharedStore(random);
    this.#clock = clock === 'real' ? realClock : new VirtualClock(new SeededRandom(seed).next);
    const context = {
      options: { catalogue, notifier },
      store: this.#store,
      broker: this.#broker,
      clients: this.#clients,
    };
    this.nodes = Array.from({ length: nodes }, (_, index) => new TestNode(index, context));
  }

  /** Faults of what carries notifications between the nodes. */
  get broker(): BrokerFaults {
    return this.#broker;
  }

  /** Faults of the store. */
  get store(): StoreFaults {
    return this.#store;
  }

  /** What the store has of a channel, such as `user:u1` or `all`, whatever the nodes can see of it. */
  log(channel: string): LogPage {
    return this.#store.page({ channel, after: 0, limit: Number.MAX_SAFE_INTEGER });
  }

  /** Those that were ever connected. */
  get clients(): readonly TestClient[] {
    return this.#clients;
  }

  /** @throws RangeError where there is no such node */
  node(index: number): TestNode<Schemas> {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`there is no node ${index}`);
    return node;
  }

  /** A client with a stream. Rejects with the `NotifyError` of its refusal; see `TestClient.reconnect`. */
  async connect(request: ClientRequest = {}): Promise<TestClient> {
    const client = this.client(request);
    await client.reconnect();
    return client;
  }

  /** A client that has not connected yet: `reconnect` does it. */
  client(request: ClientRequest = {}): TestClient {
    const client = new TestClient({ notifier: (node) => this.node(node).notifier }, request);
    this.#clients.push(client);
    return client;
  }

  /** Lets so much time pass, in milliseconds, and everything happen that is due in it. */
  advance(ms: number): Promise<void> {
    return this.#clock.advance(ms);
  }

  /** Lets happen what needs no time to pass. */
  drain(): Promise<void> {
    return this.#clock.drain();
  }

  /**
   * Ends all faults of broker and store; what was lost stays lost, and who crashed stays so.
   */
  heal(): void {
    this.#store.recover();
    this.#broker.heal();
  }

  /**
   * Lets time pass until every connected client that takes what it is sent has been shown all that the
   * store has of its channels. Rejects, naming who is behind, where that takes longer than `withinMs`,
   * default 30,000.
   */
  async settled(withinMs = 30_000): Promise<void> {
    await this.#clock.drain();
    for (let passedMs = 0; this.behind().length > 0; passedMs += stepMs) {
      if (passedMs >= withinMs) throw new Error(`not level: ${this.behind().join('; ')}`);
      await this.#clock.advance(stepMs);
    }
  }

  /** A sentence for each channel of each connected, reading client that it was not shown all of. */
  behind(): readonly string[] {
    return this.#clients.flatMap((client, number) => {
      if (!client.connected || client.pace === 'nothing') return [];
      return [...client.positions].flatMap(([channel, position]) => {
        const head = this.#store.head(channel);
        const isEmpty = head.offset === 0 && position.offset === 0;
        if (isEmpty || samePosition(head, position)) return [];
        return [
          `client ${number} (${client.user ?? 'anonymous'}) stands at ${position.offset} of ${channel}, the store at ${head.offset}`,
        ];
      });
    });
  }

  /** Ends all clients and nodes, and gives the process its own clock back. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.nodes.map((node) => node.close()));
    this.#clock.restore();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Starts real notifiers over a store and a broker that they share, all in this process.
 * Rejects with `NotifyError` `OPTIONS_INVALID`, or a `TypeError` where the timers of this process are
 * faked already: by another cluster, or the test framework.
 */
export async function testCluster<const Schemas extends CatalogueSchemas>(
  options: TestClusterOptions<Schemas> & { readonly catalogue: Catalogue<Schemas> },
): Promise<TestCluster<Schemas>> {
  const cluster = new TestCluster(options);
  try {
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await cluster.drain();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}
