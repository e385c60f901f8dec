import { outboxContract } from '@realtime-notify/contract-kit';
import {
  type MemoryTransaction,
  memoryStore,
  NotifyError,
  type Outbox,
  type OutboxDraft,
  type Relayed,
} from '@realtime-notify/core';
import { WrappedStore } from '../store/wrapped-store.js';
import { beginInMemory } from './wrapped-outbox.js';

/** What several nodes share: the logs, and drafts that have committed. */
export class SharedDatabase {
  readonly logs = memoryStore();
  readonly committed: OutboxDraft[] = [];
  readonly watchers = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();

  /** One after the other, as under a lock that a relay's death frees. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** One node's outbox. Every step of a call may be the last that the database sees of it. */
export class SharedOutbox implements Outbox {
  state: 'open' | 'away' | 'closed' = 'open';
  protected readonly database: SharedDatabase;
  readonly #own = new Set<() => void>();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(database: SharedDatabase) {
    this.database = database;
  }

  async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    this.#mustBeOpen();
    if (!isTransaction(session)) throw new NotifyError('OPTIONS_INVALID', 'no session');
    session.join(() => {
      this.database.committed.push(...drafts);
      for (const due of this.database.watchers) due();
    });
  }

  relay(maxDrafts: number): Promise<Relayed> {
    const relaying = this.database.exclusive(async () => {
      await this.step();
      return this.relayNow(maxDrafts);
    });
    const ended = relaying.catch(() => undefined).finally(() => this.#underWay.delete(ended));
    this.#underWay.add(ended);
    return relaying;
  }

  watch(due: () => void): () => void {
    const watcher = (): void => due();
    const { watchers } = this.database;
    watchers.add(watcher);
    this.#own.add(watcher);
    return () => void watchers.delete(watcher);
  }

  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  close(): void {
    this.state = 'closed';
    for (const watcher of this.#own) this.database.watchers.delete(watcher);
  }

  /** Appends and takes out at once, as one transaction of the database; faults override it. */
  protected async relayNow(maxDrafts: number): Promise<Relayed> {
    const { committed, logs } = this.database;
    const drafts = committed.splice(0, maxDrafts);
    const outcomes = await logs.append(drafts);
    await this.step();
    return { drafts, outcomes, more: committed.length > 0 };
  }

  /** Takes its time; rejects where the database does not hear of this node any more. */
  protected async step(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#mustBeOpen();
  }

  #mustBeOpen(): void {
    if (this.state === 'closed') throw new NotifyError('CLOSED', 'closed');
    if (this.state === 'away') throw new NotifyError('STORE_UNAVAILABLE', 'away');
  }
}

class SharedStore extends WrappedStore {
  override readonly shared = true;
  readonly outbox: SharedOutbox;

  constructor(database: SharedDatabase, outbox: SharedOutbox) {
    super(database.logs);
    this.outbox = outbox;
  }

  override drain(): Promise<void> {
    return this.outbox.drain();
  }

  override async close(): Promise<void> {
    this.outbox.close();
  }
}

/** Runs the outbox contract against nodes that share a database, with a fault in each. */
export function sharedOutboxContract(Faulty: new (database: SharedDatabase) => SharedOutbox): void {
  const database = new SharedDatabase();
  const create = () => new SharedStore(database, new Faulty(database));
  outboxContract({
    name: Faulty.name,
    shared: true,
    create,
    begin: async () => beginInMemory(),
    createFragile: async () => {
      const store = create();
      const goAway = async () => {
        store.outbox.state = 'away';
      };
      return { store, goAway };
    },
    patienceMs: 2_000,
  });
}

function isTransaction(session: unknown): session is MemoryTransaction {
  return typeof session === 'object' && session !== null && 'join' in session;
}
