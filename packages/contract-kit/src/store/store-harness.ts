import type { RetentionOptions, Store } from '@realtime-notify/core';
import { afterAll, afterEach } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { StoreClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';

/** Options that a suite needs to set; the adapter passes them on under its own names. */
export interface StoreTuning {
  readonly retention?: RetentionOptions;
  readonly idempotencyWindowMs?: number;
}

/** A store and the way to take its server from it. */
export interface FragileStore {
  /** Not started; it has the server until `goAway`. */
  readonly store: Store;
  /** Makes the server unreachable for this store, for good. {@link tcpProxy} can do that. */
  goAway(): Promise<void>;
}

/** What an adapter hands to {@link storeContract}. */
export interface StoreContract {
  /** Shown in the report, e.g. `store-redis`. */
  readonly name: string;
  /** Whether the adapter says `shared: true`; the suite checks that it does. */
  readonly shared: boolean;
  /**
   * Makes a store that is not started, a new instance on each call. Instances of a shared store see
   * the same logs. Reject with a sentence that tells what to start where a service is missing.
   */
  create(tuning?: StoreTuning): Store | Promise<Store>;
  /** Mandatory where `shared`: a store that others see, too, can be away. */
  createFragile?(): Promise<FragileStore>;
  /** Random sequences that are tried. Default 60. For servers that are slow. */
  readonly modelRuns?: number;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** Makes started stores for one suite and closes them. */
export class StoreBench {
  readonly shared: boolean;
  readonly modelRuns: number;
  readonly #contract: StoreContract;
  readonly #opened: Store[] = [];

  constructor(contract: StoreContract) {
    this.#contract = contract;
    this.shared = contract.shared;
    this.modelRuns = contract.modelRuns ?? 60;
    if (this.shared && contract.createFragile === undefined) {
      throw new Error(`${contract.name}: a shared store must say how it is put away`);
    }
    afterEach(() => this.closeAll());
    afterAll(() => this.closeAll());
  }

  /** A started store, closed after the test. */
  async store(tuning?: StoreTuning): Promise<Store> {
    const store = await this.#contract.create(tuning);
    this.#opened.push(store);
    await store.start();
    return store;
  }

  /** A started store that can lose its server. */
  async fragile(): Promise<FragileStore> {
    if (this.#contract.createFragile === undefined) throw new Error('the store cannot be away');
    const fragile = await this.#contract.createFragile();
    this.#opened.push(fragile.store);
    await fragile.store.start();
    return fragile;
  }

  /** `count` stores that see the same logs: instances where shared, else one under several names. */
  async peers(count: number, tuning?: StoreTuning): Promise<[Store, ...Store[]]> {
    const first = await this.store(tuning);
    const others: Store[] = [];
    while (others.length < count - 1) {
      others.push(this.shared ? await this.store(tuning) : first);
    }
    return [first, ...others];
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((store) => store.close()));
  }
}

/** What each theme of the suite is given. */
export interface StoreTheme {
  readonly book: ClauseBook<StoreClauseId>;
  readonly bench: StoreBench;
}
