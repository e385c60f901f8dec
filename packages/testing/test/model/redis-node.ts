import { redisBroker } from '@realtime-notify/broker-redis';
import {
  createNotifier,
  NotifyError,
  type NotifyRequest,
  type NotifyResult,
} from '@realtime-notify/core';
import { redisStore } from '@realtime-notify/store-redis';
import { FaultyProxy } from './faulty-proxy.js';
import { catalogue, settings } from './simulated-deployment.js';

/** Short, so that what is over is found to be over soon. */
const times = { commandTimeoutMs: 250, maxReconnectDelayMs: 50 };

/** One node over a real Redis, with a proxy each for its broker and its store. */
export class RedisNode {
  readonly broker: FaultyProxy;
  readonly store: FaultyProxy;
  readonly #prefix: string;
  #notifier: ReturnType<RedisNode['make']> | undefined;
  #starting: Promise<void> | undefined;

  private constructor(prefix: string, broker: FaultyProxy, store: FaultyProxy) {
    this.#prefix = prefix;
    this.broker = broker;
    this.store = store;
  }

  /** A node that has started. */
  static async create(prefix: string, redisPort: number): Promise<RedisNode> {
    const [broker, store] = await Promise.all([
      FaultyProxy.before(redisPort),
      FaultyProxy.before(redisPort),
    ]);
    const node = new RedisNode(prefix, broker, store);
    await node.start();
    return node;
  }

  /** Whether it has started. */
  get isUp(): boolean {
    return this.#notifier !== undefined && this.#starting === undefined;
  }

  /** @throws NotifyError `NOT_STARTED` */
  get notifier(): ReturnType<RedisNode['make']> {
    if (this.#notifier === undefined) throw new NotifyError('NOT_STARTED', 'the node has crashed');
    return this.#notifier;
  }

  async notify(request: NotifyRequest): Promise<NotifyResult> {
    return this.notifier.notifyUnchecked(request);
  }

  /** Starts it, or waits for the start that is under way. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    const notifier = this.make();
    this.#notifier = notifier;
    try {
      await notifier.start();
    } catch (error) {
      if (this.#notifier === notifier) this.#notifier = undefined;
      await notifier.close();
      throw error;
    }
  }

  /** Nothing of it reaches Redis any more; what it has in memory is gone. */
  async crash(): Promise<void> {
    const notifier = this.#notifier;
    this.#notifier = undefined;
    this.broker.cut();
    this.store.cut();
    await notifier?.close();
  }

  async close(): Promise<void> {
    await this.#notifier?.close();
    await Promise.all([this.broker.close(), this.store.close()]);
  }

  private make() {
    const { broker, store } = this;
    return createNotifier({
      ...settings,
      catalogue,
      positionCheckMs: 300,
      broker: redisBroker({
        ...times,
        url: `redis://127.0.0.1:${broker.port}`,
        channelPrefix: this.#prefix,
        probeEveryMs: 200,
        probeTimeoutMs: 200,
      }),
      store: redisStore({
        ...times,
        url: `redis://127.0.0.1:${store.port}`,
        keyPrefix: this.#prefix,
        startTimeoutMs: 3_000,
      }),
    });
  }
}
