import { withinMs } from '@realtime-notify/core';
import { RedisClient, type RedisSource } from '@realtime-notify/redis-connection';
import { unavailable } from './driver-errors.js';

export interface ConnectionSettings {
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
  /** There is no subscribed connection, and nothing is received. */
  readonly publishOnly: boolean;
}

/** How messages travel: through all nodes of a Cluster, or by shard channels through a slot's owner only. */
export type PubSubKind = 'broadcast' | 'sharded';

export type Message = readonly [topic: string, text: string];

/** What the connections tell the broker. */
export interface ConnectionEvents {
  /** All are ready now. */
  ready(): void;
  /** One of them was lost, or could not be made. */
  lost(error: Error | undefined, which: ConnectionName): void;
  message(topic: string, text: string): void;
  /** The server has ended subscriptions to shard channels, whose slots it does not own any more. */
  moved(): void;
}

export type ConnectionName = 'publisher' | 'subscriber';

/** The connection that publishes, and unless the node only publishes the one that is subscribed. */
export class RedisConnections {
  readonly #commandTimeoutMs: number;
  readonly #sharded: boolean;
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient | undefined;
  readonly #all: readonly RedisClient[];

  constructor(
    source: RedisSource,
    settings: ConnectionSettings,
    events: ConnectionEvents,
    kind: PubSubKind = 'broadcast',
  ) {
    this.#commandTimeoutMs = settings.commandTimeoutMs;
    this.#sharded = kind === 'sharded';
    const client = (which: ConnectionName): RedisClient => {
      const ready = (): void => {
        if (this.ready) events.ready();
      };
      const lost = (error: Error | undefined): void => events.lost(error, which);
      const name = `realtime-notify-${which}`;
      return new RedisClient(source, { ...settings, name }, { ready, lost });
    };
    this.#publisher = client('publisher');
    this.#subscriber = settings.publishOnly ? undefined : client('subscriber');
    const arrival = this.#sharded ? 'smessage' : 'message';
    this.#subscriber?.redis.on(arrival, (topic: string, text: string) =>
      events.message(topic, text),
    );
    this.#subscriber?.redis.on('moved', () => events.moved());
    this.#all =
      this.#subscriber === undefined ? [this.#publisher] : [this.#publisher, this.#subscriber];
  }

  /** Whether all are ready. */
  get ready(): boolean {
    return this.#all.every(({ isReady }) => isReady);
  }

  open(): void {
    for (const client of this.#all) client.open();
  }

  /** One write; resolves when Redis took all messages, rejects if it did not take one. */
  async publish(messages: readonly Message[]): Promise<void> {
    for (const error of await this.send(messages)) {
      if (error !== null) throw unavailable('publish failed', error);
    }
  }

  /** One write; resolves with why Redis did not take a message, or null, for each in order. */
  async send(messages: readonly Message[]): Promise<readonly (Error | null)[]> {
    const pipeline = readyRedis(this.#publisher).pipeline();
    for (const [topic, text] of messages) {
      if (this.#sharded) pipeline.spublish(topic, text);
      else pipeline.publish(topic, text);
    }
    const results = await this.#answered(pipeline.exec());
    return (results ?? []).map(([error]) => error);
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    const redis = readyRedis(this.#subscriber);
    await this.#answered(this.#sharded ? redis.ssubscribe(...topics) : redis.subscribe(...topics));
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    const redis = readyRedis(this.#subscriber);
    const done = this.#sharded ? redis.sunsubscribe(...topics) : redis.unsubscribe(...topics);
    await this.#answered<unknown>(done);
  }

  /** Breaks all off, although they look alive, and makes them anew. */
  reconnect(): void {
    for (const client of this.#all) client.breakOff();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.close()));
  }

  #answered<T>(command: Promise<T>): Promise<T> {
    const timeoutMs = this.#commandTimeoutMs;
    return withinMs(command, timeoutMs, () => unavailable(`no answer within ${timeoutMs} ms`));
  }
}

function readyRedis(client: RedisClient | undefined): RedisClient['redis'] {
  if (client?.isReady !== true) throw unavailable('the link to Redis is down');
  return client.redis;
}
