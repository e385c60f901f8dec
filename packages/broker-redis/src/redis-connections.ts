import { withinMs } from '@realtime-notify/core';
import { RedisClient, type RedisSource } from '@realtime-notify/redis-connection';
import { unavailable } from './driver-errors.js';

export interface ConnectionSettings {
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
  /** There is no subscribed connection, and nothing is received. */
  readonly publishOnly: boolean;
}

/** What the connections tell the broker. */
export interface ConnectionEvents {
  /** All are ready now. */
  ready(): void;
  /** One of them was lost, or could not be made. */
  lost(error: Error | undefined, which: ConnectionName): void;
  message(topic: string, text: string): void;
}

export type ConnectionName = 'publisher' | 'subscriber';

/** The connection that publishes, and unless the node only publishes the one that is subscribed. */
export class RedisConnections {
  readonly #commandTimeoutMs: number;
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient | undefined;
  readonly #all: readonly RedisClient[];

  constructor(source: RedisSource, settings: ConnectionSettings, events: ConnectionEvents) {
    this.#commandTimeoutMs = settings.commandTimeoutMs;
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
    this.#subscriber?.redis.on('message', (topic: string, text: string) =>
      events.message(topic, text),
    );
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
  async publish(messages: readonly (readonly [topic: string, text: string])[]): Promise<void> {
    const pipeline = readyRedis(this.#publisher).pipeline();
    for (const [topic, text] of messages) pipeline.publish(topic, text);
    const results = await this.#answered(pipeline.exec());
    for (const [error] of results ?? []) {
      if (error !== null) throw unavailable('publish failed', error);
    }
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#answered(readyRedis(this.#subscriber).subscribe(...topics));
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    await this.#answered(readyRedis(this.#subscriber).unsubscribe(...topics));
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
