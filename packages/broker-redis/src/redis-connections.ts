import { setTimeout as delay } from 'node:timers/promises';
import { withinMs } from '@realtime-notify/core';
import { Redis, type RedisOptions } from 'ioredis';
import { backoffMs } from './backoff.js';
import { unavailable } from './driver-errors.js';

export type { Redis } from 'ioredis';

/** Where the Redis is: an address, or a client whose options are taken. */
export type RedisSource = { readonly url: string } | { readonly redis: Redis };

export interface ConnectionSettings {
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
}

/** What the connections tell the broker. */
export interface ConnectionEvents {
  /** Both are ready now. */
  ready(): void;
  /** One of them was lost, or could not be made. */
  lost(error: Error | undefined, which: 'publisher' | 'subscriber'): void;
  message(topic: string, text: string): void;
}

/** How long ioredis waits for the server's end of a connection when we close it. */
const disconnectTimeoutMs = 100;

/**
 * Two connections of our own: one publishes, one is subscribed. They never queue while away, never
 * send anything twice, subscribe nothing by themselves, and reconnect for ever.
 */
export class RedisConnections {
  readonly #settings: ConnectionSettings;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #events: ConnectionEvents;
  #closed = false;

  constructor(source: RedisSource, settings: ConnectionSettings, events: ConnectionEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#publisher = this.#make(source, 'publisher');
    this.#subscriber = this.#make(source, 'subscriber');
    this.#subscriber.on('message', (topic: string, text: string) => events.message(topic, text));
  }

  /** Whether both are ready. */
  get ready(): boolean {
    return this.#publisher.status === 'ready' && this.#subscriber.status === 'ready';
  }

  open(): void {
    // These rejections are the first attempts'; 'error' has them, and ioredis goes on trying.
    this.#publisher.connect().catch(ignore);
    this.#subscriber.connect().catch(ignore);
  }

  /** One write; resolves when Redis took all messages, rejects if it did not take one. */
  async publish(messages: readonly (readonly [topic: string, text: string])[]): Promise<void> {
    mustBeReady(this.#publisher);
    const pipeline = this.#publisher.pipeline();
    for (const [topic, text] of messages) pipeline.publish(topic, text);
    const results = await this.#answered(pipeline.exec());
    for (const [error] of results ?? []) {
      if (error !== null) throw unavailable('publish failed', error);
    }
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    mustBeReady(this.#subscriber);
    await this.#answered(this.#subscriber.subscribe(...topics));
  }

  async unsubscribe(topics: readonly string[]): Promise<void> {
    mustBeReady(this.#subscriber);
    await this.#answered(this.#subscriber.unsubscribe(...topics));
  }

  /** Breaks both off, although they look alive, and makes them anew. */
  reconnect(): void {
    for (const redis of [this.#publisher, this.#subscriber]) {
      if (redis.status === 'ready' || redis.status === 'connect') redis.disconnect(true);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#publisher, this.#subscriber].map(disconnect));
  }

  #answered<T>(command: Promise<T>): Promise<T> {
    const { commandTimeoutMs } = this.#settings;
    return withinMs(command, commandTimeoutMs, () =>
      unavailable(`no answer within ${commandTimeoutMs} ms`),
    );
  }

  #make(source: RedisSource, which: 'publisher' | 'subscriber'): Redis {
    const options = safeOptions(this.#settings, which);
    const redis =
      'url' in source ? new Redis(source.url, options) : source.redis.duplicate(options);
    let lastError: Error | undefined;
    redis.on('error', (error: Error) => {
      lastError = error;
    });
    redis.on('ready', () => {
      lastError = undefined;
      if (this.ready && !this.#closed) this.#events.ready();
    });
    redis.on('close', () => {
      if (!this.#closed) this.#events.lost(lastError, which);
    });
    return redis;
  }
}

function safeOptions(settings: ConnectionSettings, which: string) {
  const delayMs = (attempt: number) => backoffMs(attempt, settings.maxReconnectDelayMs);
  return {
    connectionName: `realtime-notify-${which}`,
    lazyConnect: true,
    keyPrefix: '',
    role: 'master',
    readOnly: false,
    stringNumbers: false,
    replyMapping: 'legacy',
    enableAutoPipelining: false,
    enableReadyCheck: true,
    maxLoadingRetryTime: 500,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // 0 makes ioredis reject what is pending as soon as the connection closes.
    maxRetriesPerRequest: 0,
    commandTimeout: undefined,
    connectTimeout: settings.commandTimeoutMs,
    socketTimeout: settings.commandTimeoutMs,
    disconnectTimeout: disconnectTimeoutMs,
    retryStrategy: delayMs,
    sentinelRetryStrategy: delayMs,
    reconnectOnError: null,
  } satisfies RedisOptions;
}

function mustBeReady(redis: Redis): void {
  if (redis.status !== 'ready') throw unavailable('the link to Redis is down');
}

async function disconnect(redis: Redis): Promise<void> {
  if (redis.status === 'end') return;
  const ended = new Promise<void>((resolve) => redis.once('end', resolve));
  redis.disconnect();
  // While it waits to reconnect ioredis says no 'end', and leaves a timer of this length.
  await Promise.race([ended, delay(disconnectTimeoutMs * 2)]);
}

const ignore = (): void => {};
