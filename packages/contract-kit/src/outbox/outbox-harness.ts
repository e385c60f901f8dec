import type { Outbox, OutboxDraft, Relayed, Store, StoredEnvelope } from '@realtime-notify/core';
import { afterEach } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { OutboxClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import type { FragileStore } from '../store/store-harness.js';

/** A transaction of the host's that is open, by the store's own driver. */
export interface OpenTransaction {
  /** What `notify` would be given. */
  readonly session: unknown;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** What an adapter hands to {@link outboxContract}. */
export interface OutboxContract {
  /** Shown in the report, e.g. `store-postgres`. */
  readonly name: string;
  /** Whether the store says `shared: true`. */
  readonly shared: boolean;
  /**
   * Makes a store with an outbox that is not started, a new instance on each call. Instances of a shared store
   * see the same outbox, which nobody but this suite relays. Reject with a sentence that tells what to start
   * where a service is missing.
   */
  create(): Store | Promise<Store>;
  /**
   * Begins a transaction in the database of that store, as a host would, over a connection of its own: several
   * are open at once, and one outlives the store. What a commit or rollback leaves open is closed by them.
   */
  begin(store: Store): Promise<OpenTransaction>;
  /** Mandatory where `shared`: another instance over the same outbox that can lose its server. */
  createFragile?(): Promise<FragileStore>;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
  /** Random histories of the model clause. Default 40. */
  readonly modelRuns?: number;
}

/** A started store and its outbox. */
export interface OutboxStore {
  readonly store: Store;
  readonly outbox: Outbox;
}

/** Far more than a test puts. */
const many = 1_000;

/** Makes started stores for one suite; closes them and rolls back what is left open after each test. */
export class OutboxBench {
  readonly shared: boolean;
  readonly modelRuns: number;
  readonly #contract: OutboxContract;
  readonly #stores: Store[] = [];
  readonly #open = new Set<OpenTransaction>();

  constructor(contract: OutboxContract) {
    this.#contract = contract;
    this.shared = contract.shared;
    this.modelRuns = contract.modelRuns ?? 40;
    if (this.shared && contract.createFragile === undefined) {
      throw new Error(`${contract.name}: a shared outbox must say how it is put away`);
    }
    afterEach(async () => {
      await Promise.all([...this.#open].map((transaction) => transaction.rollback()));
      await Promise.all(this.#stores.splice(0).map((store) => store.close()));
    });
  }

  /** A started store, closed after the test. */
  async store(): Promise<OutboxStore> {
    return this.#start(await this.#contract.create());
  }

  /** `count` stores over one outbox: instances where shared, else one under several names. */
  async peers(count: number): Promise<[OutboxStore, ...OutboxStore[]]> {
    const first = await this.store();
    const others: OutboxStore[] = [];
    while (others.length < count - 1) others.push(this.shared ? await this.store() : first);
    return [first, ...others];
  }

  /** A started store over the same outbox that can lose its server. */
  async fragile(): Promise<OutboxStore & Pick<FragileStore, 'goAway'>> {
    if (this.#contract.createFragile === undefined) throw new Error('the store cannot be away');
    const { store, goAway } = await this.#contract.createFragile();
    return { ...(await this.#start(store)), goAway };
  }

  /** A transaction, rolled back after the test where it has not ended by then. */
  async begin({ store }: OutboxStore): Promise<OpenTransaction> {
    const { session, commit, rollback } = bound(await this.#contract.begin(store));
    const ended = (end: () => Promise<void>) => (): Promise<void> => {
      this.#open.delete(transaction);
      return end();
    };
    const transaction = { session, commit: ended(commit), rollback: ended(rollback) };
    this.#open.add(transaction);
    return transaction;
  }

  /** Puts drafts in a transaction of their own and commits it. */
  async commit(of: OutboxStore, drafts: readonly OutboxDraft[]): Promise<void> {
    const transaction = await this.begin(of);
    await of.outbox.put(transaction.session, drafts);
    await transaction.commit();
  }

  /** Relays until all of these channels' logs hold `count` notifications; resolves with what was told. */
  async relayUntil(
    of: OutboxStore,
    channels: readonly string[],
    count: number,
    maxDrafts = many,
  ): Promise<readonly Relayed[]> {
    const told: Relayed[] = [];
    await this.eventually(async () => {
      told.push(...(await relayAll(of.outbox, maxDrafts)));
      const logs = await Promise.all(channels.map((channel) => logOf(of.store, channel)));
      const stored = logs.reduce((sum, log) => sum + log.length, 0);
      if (stored < count) throw new Error(`${stored} of ${count} drafts were appended`);
    });
    return told;
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }

  async #start(store: Store): Promise<OutboxStore> {
    this.#stores.push(store);
    await store.start();
    const { outbox } = store;
    if (outbox === undefined) throw new Error(`${this.#contract.name}: the store has no outbox`);
    return { store, outbox };
  }
}

/** What each theme of the suite is given. */
export interface OutboxTheme {
  readonly book: ClauseBook<OutboxClauseId>;
  readonly bench: OutboxBench;
}

/** Relays until nothing more is due at once. */
export async function relayAll(outbox: Outbox, maxDrafts = many): Promise<readonly Relayed[]> {
  const told: Relayed[] = [];
  for (;;) {
    const relayed = await outbox.relay(maxDrafts);
    told.push(relayed);
    if (!relayed.more) return told;
  }
}

/** All that is stored of a channel. */
export async function logOf(store: Store, channel: string): Promise<readonly StoredEnvelope[]> {
  const [page] = await store.readAfter([{ channel, after: 0, limit: many }]);
  return page?.items ?? [];
}

/** The same, by id. */
export async function idsOf(store: Store, channel: string): Promise<readonly string[]> {
  return (await logOf(store, channel)).map(({ id }) => id);
}

/** What calls of `relay` have told of one channel. */
export function toldOf(relays: readonly Relayed[], channel: string): Relayed['outcomes'] {
  return relays.flatMap(({ drafts, outcomes }) =>
    outcomes.filter((_, i) => drafts[i]?.channel === channel),
  );
}

function bound(transaction: OpenTransaction): OpenTransaction {
  return {
    session: transaction.session,
    commit: () => transaction.commit(),
    rollback: () => transaction.rollback(),
  };
}
