import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { MasterFinder } from './master-finder.js';
import { MasterUnknown, withoutArguments } from './redis-refusal.js';
import type { HostPort, RedisServer, RedisSource, Sentinels } from './redis-source.js';

/** What an adapter decides about its connection. */
export interface ClientSettings {
  /** Shown by Redis' CLIENT LIST. */
  readonly name: string;
  /** A connection that is not made, or on which no answer comes, by then is given up, in milliseconds. */
  readonly commandTimeoutMs: number;
  /** Longest wait between two attempts, in milliseconds. */
  readonly maxReconnectDelayMs: number;
}

/** What becomes of the connection. */
export interface ClientEvents {
  ready(): void;
  /** It was lost, or could not be made; another attempt follows. Not called after `close`. */
  lost(error: Error | undefined): void;
}

/** How long ioredis waits for the server's end of a connection when we close it. */
const disconnectTimeoutMs = 100;

/**
 * One connection of our own to a Redis master. It never queues while away, never sends anything twice,
 * subscribes nothing by itself, rejects what is pending as soon as it is lost, and is made anew for
 * ever. The attempts are ours, not ioredis', whose waits and Sentinel look-ups outlive a disconnect.
 */
export class RedisClient {
  /** For commands; not to be connected or disconnected by others. */
  readonly redis: Redis;
  readonly #settings: ClientSettings;
  readonly #events: ClientEvents;
  #attempt = 0;
  #lastError: Error | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(source: RedisSource, settings: ClientSettings, events: ClientEvents) {
    this.#settings = settings;
    this.#events = events;
    this.redis = redisFor(source, settings);
    this.redis.on('error', (error: Error) => {
      bearMoreErrors(this.redis);
      this.#lastError = withoutArguments(error);
    });
    this.redis.on('ready', () => this.#becameReady());
    this.redis.on('end', () => this.#ended());
  }

  get isReady(): boolean {
    return this.redis.status === 'ready';
  }

  /** Why the last attempt failed; undefined while ready. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** To be called once. */
  open(): void {
    // 'error' and 'end' say what this rejection says.
    this.redis.connect().catch(ignore);
  }

  /** Breaks the connection off, although it looks alive, and makes it anew. */
  breakOff(): void {
    const { status } = this.redis;
    if (status === 'ready' || status === 'connect') this.redis.disconnect(true);
  }

  /** Ends at once, idempotent; leaves no socket and no timer. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#waiting);
    await end(this.redis);
  }

  #becameReady(): void {
    this.#attempt = 0;
    this.#lastError = undefined;
    if (!this.#closed) this.#events.ready();
  }

  #ended(): void {
    if (this.#closed) return;
    this.#attempt += 1;
    const delayMs = backoffMs(this.#attempt, this.#settings.maxReconnectDelayMs);
    this.#waiting = setTimeout(() => this.open(), delayMs);
    this.#events.lost(this.#lastError);
  }
}

/** Doubles from 50 ms up to the cap; half is random, so that nodes do not come back as one. */
export function backoffMs(attempt: number, capMs: number): number {
  const full = Math.min(capMs, 50 * 2 ** Math.min(attempt - 1, 20));
  return full / 2 + Math.random() * (full / 2);
}

function redisFor(source: RedisSource, settings: ClientSettings): Redis {
  const options = safeOptions(settings);
  if ('redis' in source) return source.redis.duplicate(options);
  const { username, password, tls, database } = source;
  return new Redis({
    ...options,
    Connector: connectorTo(source, settings),
    ...(tls === undefined ? {} : { tls }),
    username,
    password,
    db: database,
  });
}

function safeOptions(settings: ClientSettings) {
  return {
    connectionName: settings.name,
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
    maxRetriesPerRequest: 0,
    commandTimeout: undefined,
    connectTimeout: settings.commandTimeoutMs,
    socketTimeout: settings.commandTimeoutMs,
    sentinelCommandTimeout: settings.commandTimeoutMs,
    disconnectTimeout: disconnectTimeoutMs,
    // Whatever ends, 'end' says so, and we connect again.
    retryStrategy: null,
    sentinelRetryStrategy: () => null,
    // A master that became a replica: connecting anew finds the new one.
    reconnectOnError: (error: Error) => error.message.includes('READONLY'),
  } satisfies RedisOptions;
}

/**
 * Connects to the address, or to whichever server the Sentinels call the master. In place of ioredis'
 * own connectors, which do not tell why a Sentinel refuses TLS, and go on asking after `disconnect`.
 */
function connectorTo({ at, tls }: RedisServer, settings: ClientSettings) {
  const watched = 'name' in at;
  const find = watched ? masterFinder(at, settings) : async () => at;
  return class Connector extends AbstractConnector {
    #search = new AbortController();

    constructor() {
      super(disconnectTimeoutMs);
    }

    override check({ role }: { readonly role?: string }): boolean {
      return !watched || role === undefined || role === 'master';
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      this.#search = new AbortController();
      const { signal } = this.#search;
      const address = await find(signal);
      signal.throwIfAborted();
      this.stream = tls === undefined ? connect(address) : connectTls(address, tls);
      this.stream.once('error', (error: Error) => {
        this.firstError = error;
      });
      return this.stream;
    }

    override disconnect(): void {
      this.#search.abort(new Error('the attempt was ended'));
      this.connecting = false;
      const stream: Socket | undefined = this.stream;
      // What ended before would leave ioredis' timer running.
      if (stream?.destroyed === false) super.disconnect();
    }
  };
}

/**
 * What ioredis says first leaves in one write: upon a second one a server that refused our
 * certificate would have cut us off, and its alert, which says so, would not be read any more.
 */
function connectTls(address: HostPort, tls: ConnectionOptions): Socket {
  const socket = connectSecurely({ ...address, ...tls });
  return socket.once('secureConnect', () => {
    socket.cork();
    process.nextTick(() => socket.uncork());
  });
}

function masterFinder(sentinels: Sentinels, settings: ClientSettings) {
  const finder = new MasterFinder(sentinels.addresses, (address, signal) =>
    askSentinel(address, sentinels, settings, signal),
  );
  return (signal: AbortSignal) => finder.find(signal);
}

/** Rejects with why the Sentinel could not be asked, or with {@link MasterUnknown}. */
async function askSentinel(
  address: HostPort,
  { name, username, password, tls }: Sentinels,
  settings: ClientSettings,
  signal: AbortSignal,
): Promise<HostPort> {
  const sentinel = new Redis({
    ...safeOptions(settings),
    Connector: connectorTo({ at: address, tls, database: 0 }, settings),
    ...(tls === undefined ? {} : { tls }),
    username,
    password,
    enableReadyCheck: false,
  });
  let reason: Error | undefined;
  sentinel.on('error', (error: Error) => {
    bearMoreErrors(sentinel);
    reason ??= withoutArguments(error);
  });
  const giveUp = (): void => void end(sentinel);
  signal.addEventListener('abort', giveUp);
  try {
    await sentinel.connect();
    const answer = await sentinel.call('sentinel', 'get-master-addr-by-name', name);
    const [host, port]: unknown[] = Array.isArray(answer) ? answer : [];
    if (typeof host !== 'string' || typeof port !== 'string') throw new MasterUnknown(name);
    return { host, port: Number(port) };
  } catch (error) {
    throw reason ?? error;
  } finally {
    signal.removeEventListener('abort', giveUp);
    await end(sentinel);
  }
}

/** Ends a connection for good; resolves when it is closed, at the latest after `disconnectTimeoutMs`. */
async function end(redis: Redis): Promise<void> {
  if (redis.status === 'end') return;
  bearMoreErrors(redis);
  const ended = new Promise<void>((resolve) => redis.once('end', resolve));
  redis.disconnect();
  await ended;
}

/**
 * A TLS socket can fail twice, by our look at the certificate and by the server's alert; ioredis hears
 * the first only, and one that nobody hears ends the process.
 */
function bearMoreErrors(redis: Redis): void {
  // Undefined until the first attempt.
  const stream: Redis['stream'] | undefined = redis.stream;
  if (stream?.listeners('error').includes(ignore) === false) stream.on('error', ignore);
}

const ignore = (): void => {};
