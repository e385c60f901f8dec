import {
  type CatalogueSchemas,
  createNotifier,
  type Notifier,
  NotifyError,
} from '@realtime-notify/core';
import { Link } from '../broker/link.js';
import type { SharedBroker } from '../broker/shared-broker.js';
import type { TestClient } from '../client/test-client.js';
import { NodeStore } from '../store/node-store.js';
import type { SharedStore } from '../store/shared-store.js';
import type { TestClusterOptions } from './cluster-options.js';

/** What the nodes of one cluster share. */
export interface NodeContext<Schemas extends CatalogueSchemas> {
  readonly options: TestClusterOptions<Schemas>;
  readonly store: SharedStore;
  readonly broker: SharedBroker;
  /** Those that were ever connected. */
  readonly clients: readonly TestClient[];
}

interface Running<Schemas extends CatalogueSchemas> {
  readonly notifier: Notifier<Schemas>;
  readonly store: NodeStore;
  readonly link: Link;
}

/** One node of the cluster: a real notifier, which can die and come back. */
export class TestNode<Schemas extends CatalogueSchemas> {
  /** Its number, from 0 on. */
  readonly index: number;
  readonly #context: NodeContext<Schemas>;
  #running: Running<Schemas> | undefined;
  #lives = 0;

  constructor(index: number, context: NodeContext<Schemas>) {
    this.index = index;
    this.#context = context;
  }

  /** Whether it has begun to start and has not crashed. */
  get isUp(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Its notifier; another one after a restart.
   * @throws NotifyError `NOT_STARTED` while it is crashed
   */
  get notifier(): Notifier<Schemas> {
    if (this.#running === undefined) {
      throw new NotifyError('NOT_STARTED', `node ${this.index} has crashed`);
    }
    return this.#running.notifier;
  }

  /**
   * Dies as by `kill -9`: says nothing to clients, broker and store, and calls under way reject with
   * `CLOSED`. What it had sent to the store may be done or not.
   */
  async crash(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    for (const client of this.#context.clients) if (client.node === this.index) client.nodeDied();
    await Promise.all([running.link.close(), running.store.close()]);
    await running.notifier.close();
  }

  /**
   * Comes up with nothing but what the store has, after a crash if it has not crashed yet. Rejects, and is
   * down, where the store cannot be reached.
   */
  async restart(): Promise<void> {
    await this.crash();
    const { options, store, broker } = this.#context;
    this.#lives += 1;
    const running = { store: new NodeStore(store), link: new Link(broker, this.index) };
    const notifier = createNotifier({
      ...options.notifier,
      catalogue: options.catalogue,
      store: running.store,
      broker: running.link,
      nodeId: `node-${this.index}.${this.#lives}`,
    });
    this.#running = { ...running, notifier };
    try {
      await notifier.start();
    } catch (error) {
      if (this.#running?.notifier === notifier) await this.crash();
      throw error;
    }
  }

  /** Ends it in good order, so that nothing of it is left. */
  async close(): Promise<void> {
    await this.#running?.notifier.close();
    this.#running = undefined;
  }
}
