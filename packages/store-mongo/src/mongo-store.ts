import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  type DueWork,
  type LogPage,
  NotifyError,
  type Outbox,
  type Position,
  type ReadRequest,
  resolveOptions,
  type Store,
} from '@realtime-notify/core';
import { AppendQueue } from './append-queue.js';
import type { EntryDocument, HeadDocument } from './documents.js';
import { type DueWorkParts, MongoDueWork, type WorkDocument } from './due-work.js';
import { EpochRenewal } from './epoch-renewal.js';
import { LogHeads, placeOf } from './log-heads.js';
import { LogReader } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { MongoLink } from './mongo-link.js';
import { MongoOutbox, type OutboxParts } from './outbox.js';
import type { OutboxDocument } from './outbox-drafts.js';
import { type LeaseDocument, ShardLeases } from './outbox-leases.js';
import { type NumberDocument, prepareSchema } from './schema.js';
import { ServerClock } from './server-clock.js';
import { StateReader } from './state-reader.js';
import {
  type MongoStoreOptions,
  type ResolvedStoreOptions,
  storeOptionsSchema,
} from './store-options.js';

/**
 * A Store in MongoDB 4.4 or later, shared by all nodes that use the same database and `collectionPrefix`.
 * Promises S1 to S16; what it resolved for is with the majority of the replica set.
 *
 * While MongoDB is away calls reject, or outcomes fail, with `STORE_UNAVAILABLE` within `commandTimeoutMs`; it
 * reconnects for ever. An append that got no answer may have been done: try again with an idempotency key, and it
 * is there once. `start` rejects with `STORE_UNAVAILABLE` when MongoDB is not reached within `startTimeoutMs`, or at
 * once where it refuses the credentials; it may be called again.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function mongoStore(options: MongoStoreOptions): Store {
  return new MongoStore(resolveOptions(storeOptionsSchema, options, 'mongoStore'));
}

/** What works on one database, once that is there. */
interface Parts {
  readonly heads: LogHeads;
  readonly queue: AppendQueue;
  readonly reader: LogReader;
  readonly states: StateReader;
  readonly renewal: EpochRenewal;
  readonly due: DueWorkParts;
  readonly outbox: OutboxParts;
}

class MongoStore implements Store {
  readonly shared = true;
  readonly dueWork: DueWork = new MongoDueWork((call) => this.#run(({ due }) => call(due)));
  readonly outbox: Outbox;
  readonly #outbox: MongoOutbox;
  readonly #options: ResolvedStoreOptions;
  readonly #link: MongoLink;
  #parts: Parts | undefined;

  constructor(options: ResolvedStoreOptions) {
    this.#options = options;
    this.#link = new MongoLink(options);
    this.#outbox = new MongoOutbox({
      run: (call) => this.#run(({ outbox }) => call(outbox)),
      waitMs: options.maxReconnectDelayMs,
      putMs: options.commandTimeoutMs,
      // Within the time-out of a socket.
      awaitMs: Math.min(1_000, Math.ceil(options.commandTimeoutMs / 2)),
    });
    this.outbox = this.#outbox;
  }

  async start(): Promise<void> {
    const { logger } = this.#options;
    await this.#link.open((db) =>
      prepareSchema(db, this.#options, () => {
        logger.warn({}, 'store-mongo: the server has no TTL, what is too old stays on its disk');
      }),
    );
    this.#parts ??= this.#assemble();
    this.#outbox.start();
  }

  async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    try {
      return await this.#run(({ queue }) => queue.append(drafts));
    } catch (error) {
      // Every draft has an outcome of its own; only a store that is closed or not started rejects.
      if (!NotifyError.is(error) || error.code !== 'STORE_UNAVAILABLE') throw error;
      return drafts.map(() => ({ status: 'failed', error }));
    }
  }

  readAfter(requests: readonly ReadRequest[]): Promise<readonly LogPage[]> {
    return this.#run(({ reader }) => reader.pages(requests));
  }

  positions(channels: readonly string[]): Promise<readonly Position[]> {
    return this.#run(async ({ heads }) => {
      const known = await heads.read(channels);
      return known.map(({ head }) => placeOf(head));
    });
  }

  states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    return this.#run(({ states }) => states.read(channels));
  }

  renewEpoch(channel: string, expectedEpoch: string): Promise<Position> {
    return this.#run(({ renewal }) => renewal.renew(channel, expectedEpoch));
  }

  drain(): Promise<void> {
    return this.#link.drain();
  }

  async close(): Promise<void> {
    this.#outbox.close();
    const closing = this.#link.close();
    this.#parts?.queue.close();
    await closing;
  }

  #run<T>(work: (parts: Parts) => Promise<T>): Promise<T> {
    return this.#link.run(async () => {
      if (this.#parts === undefined) throw new Error('the store is being started');
      return work(this.#parts);
    });
  }

  #assemble(): Parts {
    const { collectionPrefix, headRetentionMs, retention, commandTimeoutMs } = this.#options;
    const { db } = this.#link;
    const entries = db.collection<EntryDocument>(`${collectionPrefix}entries`);
    const drafts = db.collection<OutboxDocument>(`${collectionPrefix}outbox`);
    const headDocuments = db.collection<HeadDocument>(`${collectionPrefix}heads`);
    const clock = new ServerClock(db);
    const heads = new LogHeads(headDocuments, entries, headRetentionMs);
    const writer = new LogWriter(entries, drafts, heads, clock, this.#options);
    const queue = new AppendQueue((work) => writer.attempt(work), commandTimeoutMs);
    const leases = db.collection<LeaseDocument>(`${collectionPrefix}outbox_leases`);
    return {
      heads,
      queue,
      reader: new LogReader(entries, heads, clock, retention),
      states: new StateReader(headDocuments, entries, heads),
      renewal: new EpochRenewal(entries, heads, clock),
      outbox: {
        drafts,
        numbers: db.collection<NumberDocument>(`${collectionPrefix}outbox_numbers`),
        leases: new ShardLeases(leases, clock, commandTimeoutMs),
        append: (some) => queue.append(some),
      },
      due: {
        work: db.collection<WorkDocument>(`${collectionPrefix}due`),
        clock,
        takeMs: commandTimeoutMs / 2,
      },
    };
  }
}
