import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type Logger, NotifyError, withinMs } from '@realtime-notify/core';
import { Redis, type RedisOptions } from 'ioredis';
import { driverMessage, unavailable } from './driver-errors.js';

export type { Redis } from 'ioredis';

/** Where the Redis is: an address, or a client whose options are taken. */
export type RedisSource = { readonly url: string } | { readonly redis: Redis };

export interface LinkSettings {
  readonly startTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly maxReconnectDelayMs: number;
  readonly maxPendingCommands: number;
}

export type RedisCommand = readonly [name: string, ...args: (string | number)[]];

/** What became of one command: what Redis answered, or the driver's error as it came. */
export type RedisReply =
  | { readonly error: Error }
  | { readonly error: null; readonly value: unknown };

/** How long ioredis waits for the server's end of the connection when we close it. */
const disconnectTimeoutMs = 100;

/**
 * One connection of our own to Redis that is never left waiting: calls fail at once while it is
 * down, pending ones when it breaks or after `commandTimeoutMs`; nothing is ever sent twice; a link on
 * which nothing is answered for `commandTimeoutMs` is broken off; it reconnects for ever.
 */
export class RedisLink {
  readonly #source: RedisSource;
  readonly #settings: LinkSettings;
  readonly #logger: Logger;
  readonly #inFlight = new Set<Promise<unknown>>();
  #redis: Redis | undefined;
  #pendingCommands = 0;
  #connections = 0;
  #up = false;
  #lastError: Error | undefined;
  #closed = false;
  /** Ends an `open` that is under way. */
  #giveUp = (_error: NotifyError): void => {};

  constructor(source: RedisSource, settings: LinkSettings, logger: Logger) {
    this.#source = source;
    this.#settings = settings;
    this.#logger = logger;
  }

  /** Changes with every new connection: what the server kept for the old one may be gone. */
  get connectionNumber(): number {
    return this.#connections;
  }

  /** Resolves when Redis is ready; rejects after `startTimeoutMs` or when it refuses us for good. */
  async open(): Promise<void> {
    this.#mustBeOpen();
    if (this.#redis !== undefined) return;
    const { startTimeoutMs } = this.#settings;
    const redis = connectionTo(this.#source, this.#settings);
    this.#redis = redis;
    redis.on('ready', () => this.#becameReady());
    redis.on('close', () => this.#becameDown());
    const late = () => unavailable(`no answer within ${startTimeoutMs} ms`, this.#lastError);
    try {
      await withinMs(this.#firstContact(redis), startTimeoutMs, late);
    } catch (error) {
      this.#redis = undefined;
      await disconnect(redis);
      this.#mustBeOpen();
      throw error;
    }
  }

  /** Sends the commands in one write and resolves with their replies, in order. */
  async send(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]> {
    if (commands.length === 0) return [];
    const redis = this.#ready();
    const { commandTimeoutMs } = this.#settings;
    const pipeline = redis.pipeline();
    for (const [name, ...args] of commands) pipeline.call(name, ...args);
    const sent = pipeline.exec();
    this.#track(sent, commands.length);
    const late = () => unavailable(`no answer within ${commandTimeoutMs} ms`);
    const results = await withinMs(sent, commandTimeoutMs, late);
    if (this.#closed) this.#mustBeOpen();
    return (results ?? []).map(([error, value]) => (error === null ? { error, value } : { error }));
  }

  async drain(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
    // The callers hear of their replies first.
    await nextTurn();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const redis = this.#redis;
    this.#redis = undefined;
    this.#giveUp(closedError());
    if (redis !== undefined) await disconnect(redis);
  }

  #firstContact(redis: Redis): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      redis.on('error', (error: Error) => {
        this.#lastError = error;
        if (isRefusal(error)) reject(unavailable(`refused: ${driverMessage(error)}`, error));
      });
      redis.once('ready', resolve);
      redis.once('end', () => reject(unavailable('the connection was ended', this.#lastError)));
      // This rejection is only the first attempt's: 'error' has it, and ioredis goes on trying.
      redis.connect().catch(ignore);
    });
  }

  #ready(): Redis {
    this.#mustBeOpen();
    const redis = this.#redis;
    if (redis === undefined) throw new NotifyError('NOT_STARTED', 'the Redis store is not started');
    if (redis.status !== 'ready') throw unavailable('the link to Redis is down', this.#lastError);
    const { maxPendingCommands } = this.#settings;
    if (this.#pendingCommands >= maxPendingCommands) {
      throw unavailable(
        `${maxPendingCommands} commands already wait for Redis (maxPendingCommands)`,
      );
    }
    return redis;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedError();
  }

  #track(sent: Promise<unknown>, count: number): void {
    this.#pendingCommands += count;
    const settled = sent.then(ignore, ignore).then(() => {
      this.#pendingCommands -= count;
      this.#inFlight.delete(settled);
    });
    this.#inFlight.add(settled);
  }

  #becameReady(): void {
    this.#connections += 1;
    this.#lastError = undefined;
    if (this.#up) return;
    this.#up = true;
    this.#logger.info({ connection: this.#connections }, 'store-redis: the link to Redis is up');
  }

  #becameDown(): void {
    if (!this.#up) return;
    this.#up = false;
    if (this.#closed) return;
    this.#logger.warn({ err: this.#lastError }, 'store-redis: the link to Redis is down');
  }
}

function connectionTo(source: RedisSource, settings: LinkSettings): Redis {
  const options = {
    connectionName: 'realtime-notify-store',
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
    socketTimeout: settings.commandTimeoutMs,
    disconnectTimeout: disconnectTimeoutMs,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, settings.maxReconnectDelayMs),
    sentinelRetryStrategy: (attempt) => reconnectDelayMs(attempt, settings.maxReconnectDelayMs),
    // A master that became a replica: reconnecting finds the new one.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  } satisfies RedisOptions;
  return 'url' in source ? new Redis(source.url, options) : source.redis.duplicate(options);
}

/** Doubles from 50 ms up to the cap; half of it is random, so that nodes do not come back as one. */
function reconnectDelayMs(attempt: number, capMs: number): number {
  const full = Math.min(capMs, 50 * 2 ** Math.min(attempt - 1, 20));
  return full / 2 + Math.random() * (full / 2);
}

/** What trying again cannot mend. */
function isRefusal(error: Error): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM)/.test(error.message);
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Redis store is closed');
}

async function disconnect(redis: Redis): Promise<void> {
  if (redis.status === 'end') return;
  const ended = new Promise<void>((resolve) => redis.once('end', resolve));
  redis.disconnect();
  // While it waits to reconnect ioredis says no 'end', and leaves a timer of this length.
  await Promise.race([ended, delay(disconnectTimeoutMs * 2)]);
}

const ignore = (): void => {};
