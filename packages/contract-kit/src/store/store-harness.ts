import type { Store } from '@realtime-notify/core';
import { afterAll, afterEach } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { StoreClauseId } from '../clauses.js';

/** Options that a suite needs to set; the adapter passes them on under its own names. */
export interface StoreTuning {
  /** Notifications kept per channel. */
  readonly maxLogCount?: number;
  readonly idempotencyWindowMs?: number;
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
}

/** Makes started stores for one suite and closes them. */
export class StoreBench {
  readonly shared: boolean;
  readonly #contract: StoreContract;
  readonly #opened: Store[] = [];

  constructor(contract: StoreContract) {
    this.#contract = contract;
    this.shared = contract.shared;
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

  /** `count` stores that see the same logs: instances where shared, else one under several names. */
  async peers(count: number, tuning?: StoreTuning): Promise<[Store, ...Store[]]> {
    const first = await this.store(tuning);
    const others: Store[] = [];
    while (others.length < count - 1) {
      others.push(this.shared ? await this.store(tuning) : first);
    }
    return [first, ...others];
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
