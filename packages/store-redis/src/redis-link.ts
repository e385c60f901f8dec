import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Logger, NotifyError, withinMs } from '@realtime-notify/core';
import {
  driverMessage,
  isRefusal,
  RedisClient,
  type RedisSource,
} from '@realtime-notify/redis-connection';
import { unavailable } from './driver-errors.js';

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

/** What becomes of the link; for whoever keeps several. */
export interface LinkEvents {
  ready(): void;
  /** It was lost, or could not be made; it is tried again. */
  lost(error: Error | undefined): void;
}

/**
 * One connection of our own to Redis that is never left waiting: calls fail at once while it is
 * down, pending ones when it breaks or after `commandTimeoutMs`; nothing is ever sent twice; a link on
 * which nothing is answered for `commandTimeoutMs` is broken off; it reconnects for ever.
 */
export class RedisLink {
  readonly #source: RedisSource;
  readonly #settings: LinkSettings;
  readonly #logger: Logger;
  readonly #events: LinkEvents | undefined;
  readonly #inFlight = new Set<Promise<unknown>>();
  #client: RedisClient | undefined;
  #pendingCommands = 0;
  #connections = 0;
  #up = false;
  /** Whether it was told that only the host can mend it. */
  #refused = false;
  #closed = false;
  /** Ends an `open` that is under way, well or not. */
  #reached = (): void => {};
  #giveUp = (_error: NotifyError): void => {};

  constructor(source: RedisSource, settings: LinkSettings, logger: Logger, events?: LinkEvents) {
    this.#source = source;
    this.#settings = settings;
    this.#logger = logger;
    this.#events = events;
  }

  /** Changes with every new connection: what the server kept for the old one may be gone. */
  get connectionNumber(): number {
    return this.#connections;
  }

  get isReady(): boolean {
    return this.#client?.isReady ?? false;
  }

  /** Begins to connect, and goes on trying until `close`. */
  connect(): RedisClient {
    const settings = { ...this.#settings, name: 'realtime-notify-store' };
    this.#client ??= new RedisClient(this.#source, settings, {
      ready: () => this.#becameReady(),
      lost: (error) => this.#lost(error),
    });
    this.#client.open();
    return this.#client;
  }

  /** Resolves when Redis is ready; rejects after `startTimeoutMs` or when it refuses us for good. */
  async open(): Promise<void> {
    this.#mustBeOpen();
    if (this.#client !== undefined) return;
    const { startTimeoutMs } = this.#settings;
    const contact = new Promise<void>((resolve, reject) => {
      this.#reached = resolve;
      this.#giveUp = reject;
    });
    const client = this.connect();
    const late = () => unavailable(`no answer within ${startTimeoutMs} ms`, client.lastError);
    try {
      await withinMs(contact, startTimeoutMs, late);
    } catch (error) {
      this.#client = undefined;
      await client.close();
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
    do {
      await Promise.allSettled(this.#inFlight);
      // The callers hear of their replies first, and some go on with another call.
      await nextTurn();
    } while (this.#inFlight.size > 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = undefined;
    this.#giveUp(closedError());
    await client?.close();
  }

  #ready(): RedisClient['redis'] {
    this.#mustBeOpen();
    const client = this.#client;
    if (client === undefined) throw notStartedError();
    if (!client.isReady) throw linkDown(client.lastError);
    const { maxPendingCommands } = this.#settings;
    if (this.#pendingCommands >= maxPendingCommands) {
      throw unavailable(
        `${maxPendingCommands} commands already wait for Redis (maxPendingCommands)`,
      );
    }
    return client.redis;
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
    if (!this.#up) {
      this.#up = true;
      this.#refused = false;
      this.#logger.info({ connection: this.#connections }, 'store-redis: the link to Redis is up');
    }
    this.#reached();
    this.#events?.ready();
  }

  #lost(error: Error | undefined): void {
    const refused = isRefusal(error);
    if (refused && error !== undefined) {
      // Of a start that is under way; later refusals may be taken back, and it goes on trying.
      this.#giveUp(unavailable(`refused: ${driverMessage(error)}`, error));
    }
    if (this.#up) {
      this.#logger.warn({ err: error }, 'store-redis: the link to Redis is down');
    } else if (this.#connections > 0 && refused && !this.#refused) {
      // A password changed, say: it will not come back by itself.
      this.#logger.warn({ err: error }, 'store-redis: Redis refuses the link');
    }
    this.#refused ||= refused;
    this.#up = false;
    this.#events?.lost(error);
  }
}

function linkDown(reason: Error | undefined): NotifyError {
  const why = reason === undefined ? '' : `: ${driverMessage(reason)}`;
  return unavailable(`the link to Redis is down${why}`, reason);
}

export function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the Redis store is closed');
}

export function notStartedError(): NotifyError {
  return new NotifyError('NOT_STARTED', 'the Redis store is not started');
}

const ignore = (): void => {};
