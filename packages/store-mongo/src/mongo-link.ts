import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type Logger, type NotifyError, withinMs } from '@realtime-notify/core';
import {
  type Db,
  type DbOptions,
  MongoClient,
  type MongoClientOptions,
  ReadConcern,
  type TopologyDescriptionChangedEvent,
} from 'mongodb';
import {
  callFailed,
  closedError,
  isOutage,
  isRefusal,
  notStartedError,
  refusedOptions,
  unavailable,
} from './driver-errors.js';
import type { MongoSource, ResolvedStoreOptions } from './store-options.js';

type Prepare = (db: Db) => Promise<void>;

/**
 * A client towards MongoDB whose calls are bounded in time and number. The driver finds the primary, looks for
 * another when that is gone, and repeats once what a replica set takes once; it is asked for ever.
 */
export class MongoLink {
  readonly #options: ResolvedStoreOptions;
  readonly #logger: Logger;
  readonly #inFlight = new Set<Promise<unknown>>();
  #client: MongoClient | undefined;
  #db: Db | undefined;
  #started = false;
  #closed = false;
  #up = false;
  /** Why no server answers, as far as the driver has told. */
  #absence: Error | undefined;
  /** Ends an `open` that is under way. */
  #giveUp = (_error: NotifyError): void => {};

  constructor(options: ResolvedStoreOptions) {
    this.#options = options;
    this.#logger = options.logger;
    // What the driver makes of an address it says at once; nothing is connected yet.
    if ('url' in options.source) this.#newClient(options.source);
  }

  /** Our database, with our concerns: nothing counts that the majority could lose. */
  get db(): Db {
    if (this.#db === undefined) throw this.#closed ? closedError() : notStartedError();
    return this.#db;
  }

  /**
   * Resolves when MongoDB was reached and `prepare` has run; rejects after `startTimeoutMs` or when it refuses us
   * for good, and may then be called again.
   */
  async open(prepare: Prepare): Promise<void> {
    this.#mustBeOpen();
    if (this.#started) return;
    const { startTimeoutMs, source } = this.#options;
    const client = 'client' in source ? source.client : this.#newClient(source);
    this.#client = client;
    client.on('topologyDescriptionChanged', this.#changed);
    const abandoned = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    const late = () => {
      const why = this.#absence === undefined ? '' : `: ${this.#absence.message}`;
      return unavailable(`no answer within ${startTimeoutMs} ms${why}`, this.#absence);
    };
    try {
      await withinMs(
        Promise.race([this.#contact(client, prepare), abandoned]),
        startTimeoutMs,
        late,
      );
      this.#mustBeOpen();
      this.#started = true;
      this.#becameUp();
    } catch (error) {
      this.#db = undefined;
      await this.#letGo();
      this.#mustBeOpen();
      const refused = error instanceof Error && isRefusal(error);
      throw refused ? unavailable(`refused: ${error.message}`, error) : callFailed(error);
    }
  }

  /** Tries until `prepare` has run, or it is of no use, or `open` has given up. */
  async #contact(client: MongoClient, prepare: Prepare): Promise<void> {
    const { database, commandTimeoutMs, maxReconnectDelayMs } = this.#options;
    for (let attempt = 0; this.#client === client; attempt += 1) {
      try {
        await client.connect();
        this.#db = client.db(database, ourWays(commandTimeoutMs));
        return await prepare(this.#db);
      } catch (error) {
        if (!isOutage(error)) throw error;
        this.#absence = error;
        const waitMs = Math.min(50 * 2 ** attempt, maxReconnectDelayMs);
        await pause(waitMs, undefined, { ref: false });
      }
    }
  }

  /** What `work` gives, or a NotifyError within `commandTimeoutMs`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    if (!this.#started) throw notStartedError();
    const { commandTimeoutMs, maxPendingCalls } = this.#options;
    if (this.#inFlight.size >= maxPendingCalls) {
      throw unavailable(`${maxPendingCalls} calls already wait for MongoDB (maxPendingCalls)`);
    }
    const late = () => unavailable(`no answer within ${commandTimeoutMs} ms`);
    const answer = withinMs(work(), commandTimeoutMs, late).catch((error: unknown) => {
      this.#mustBeOpen();
      throw callFailed(error);
    });
    const settled = answer.then(ignore, ignore).then(() => {
      this.#inFlight.delete(settled);
    });
    this.#inFlight.add(settled);
    return answer;
  }

  async drain(): Promise<void> {
    do {
      await Promise.allSettled(this.#inFlight);
      // The callers hear of their answers first, and some go on with another call.
      await nextTurn();
    } while (this.#inFlight.size > 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#db = undefined;
    this.#giveUp(closedError());
    await this.#letGo();
  }

  #newClient(source: Extract<MongoSource, { url: string }>): MongoClient {
    const { url, username, password, tls, maxConnections = 50 } = source;
    const { commandTimeoutMs, maxReconnectDelayMs } = this.#options;
    const options: MongoClientOptions = {
      appName: 'realtime-notify-store',
      maxPoolSize: maxConnections,
      serverSelectionTimeoutMS: commandTimeoutMs,
      connectTimeoutMS: commandTimeoutMs,
      // One that has not answered for so long is broken off.
      socketTimeoutMS: commandTimeoutMs,
      waitQueueTimeoutMS: commandTimeoutMs,
      heartbeatFrequencyMS: maxReconnectDelayMs,
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
      ...(tls === undefined ? {} : { tls: tls !== false }),
      ...(typeof tls === 'object' ? tls : {}),
    };
    try {
      return new MongoClient(url, options);
    } catch (error) {
      throw refusedOptions(error);
    }
  }

  readonly #changed = ({ newDescription }: TopologyDescriptionChangedEvent): void => {
    const servers = [...newDescription.servers.values()];
    const writable = servers.find(({ isWritable }) => isWritable);
    if (writable !== undefined) {
      if (this.#started) this.#becameUp();
      return;
    }
    const err = servers.find(({ error }) => error !== null)?.error ?? undefined;
    this.#absence = err ?? this.#absence;
    if (!this.#up) return;
    this.#up = false;
    this.#logger.warn({ err }, 'store-mongo: the link to MongoDB is down');
  };

  #becameUp(): void {
    if (this.#up) return;
    this.#up = true;
    this.#logger.info({}, 'store-mongo: the link to MongoDB is up');
  }

  async #letGo(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    client?.off('topologyDescriptionChanged', this.#changed);
    if ('client' in this.#options.source) return;
    await client?.close().catch(ignore);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedError();
  }
}

/** How we read and write, whatever a client of the host's is set to. */
function ourWays(commandTimeoutMs: number): DbOptions {
  return {
    readPreference: 'primary',
    readConcern: new ReadConcern('majority'),
    // Where the majority is away the server lets go of a write, and of its connection, when we do.
    writeConcern: { w: 'majority', wtimeoutMS: commandTimeoutMs },
    raw: false,
    promoteValues: true,
    promoteLongs: true,
    useBigInt64: false,
    ignoreUndefined: true,
  };
}

const ignore = (): void => {};
