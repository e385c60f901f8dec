import { randomUUID } from 'node:crypto';
import type { DueWork, LeasedWork, ScheduledWork, Store } from '@realtime-notify/core';
import { afterEach } from 'vitest';
import type { ClauseBook } from '../clause-book.js';
import type { DueWorkClauseId } from '../clauses.js';
import { eventually } from '../eventually.js';
import type { FragileStore } from '../store/store-harness.js';

/** What an adapter hands to {@link dueWorkContract}. */
export interface DueWorkContract {
  /** Shown in the report, e.g. `store-redis`. */
  readonly name: string;
  /** Whether the adapter's store says `shared: true`. */
  readonly shared: boolean;
  /**
   * Makes a store with `dueWork` that is not started, a new instance on each call. Instances of a shared store
   * see the same work, and nobody else does: the suite takes whatever is due. Reject with a sentence that tells
   * what to start where a service is missing.
   */
  create(): Store | Promise<Store>;
  /** Mandatory where `shared`: a store that others see, too, can be away. */
  createFragile?(): Promise<FragileStore>;
  /** How long the suite waits for what must come, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** A started store and the due work that it keeps. */
export interface DueWorkStore {
  readonly store: Store;
  readonly dueWork: DueWork;
}

/** Makes started stores for one suite; after each test it cancels what is left and closes them. */
export class DueWorkBench {
  readonly shared: boolean;
  readonly #contract: DueWorkContract;
  readonly #opened: Store[] = [];
  readonly #keys: string[] = [];

  constructor(contract: DueWorkContract) {
    this.#contract = contract;
    this.shared = contract.shared;
    if (this.shared && contract.createFragile === undefined) {
      throw new Error(`${contract.name}: shared due work must say how it is put away`);
    }
    afterEach(() => this.#tidy());
  }

  /** Started, and closed after the test. */
  async open(): Promise<DueWorkStore> {
    return this.#start(await this.#contract.create());
  }

  /** The due work of a store that was just started. */
  async dueWork(): Promise<DueWork> {
    return (await this.open()).dueWork;
  }

  /** A store that nobody has started. */
  async unstarted(): Promise<DueWorkStore> {
    const store = await this.#contract.create();
    this.#opened.push(store);
    return { store, dueWork: dueWorkOf(store) };
  }

  /** Started, and it can lose its server. */
  async fragile(): Promise<DueWorkStore & Pick<FragileStore, 'goAway'>> {
    if (this.#contract.createFragile === undefined) throw new Error('the store cannot be away');
    const { store, goAway } = await this.#contract.createFragile();
    return { ...(await this.#start(store)), goAway };
  }

  /** `count` that see the same work: instances where shared, else one under several names. */
  async peers(count: number): Promise<[DueWork, ...DueWork[]]> {
    const first = await this.dueWork();
    const others: DueWork[] = [];
    while (others.length < count - 1) others.push(this.shared ? await this.dueWork() : first);
    return [first, ...others];
  }

  async two(): Promise<[DueWork, DueWork]> {
    const first = await this.dueWork();
    return [first, this.shared ? await this.dueWork() : first];
  }

  /** A key that no other test, and no other run, uses. */
  freshKey(label = 'k'): string {
    const key = `${label}-${randomUUID()}`;
    this.#keys.push(key);
    return key;
  }

  /** Work under a fresh key, due at once. */
  work(fields: Partial<ScheduledWork> = {}): ScheduledWork {
    return { key: this.freshKey(), afterMs: 0, workJson: '{}', ...fields };
  }

  /** `count` pieces that are due at once. */
  works(count: number): readonly ScheduledWork[] {
    return Array.from({ length: count }, () => this.work());
  }

  /** Resolves with the one piece that is due as soon as it is. */
  takeOne(dueWork: DueWork, leaseMs = longMs): Promise<LeasedWork> {
    return this.eventually(async () => {
      const [taken] = await dueWork.take(1, leaseMs);
      if (taken === undefined) throw new Error('nothing is due');
      return taken;
    });
  }

  /** Resolves as soon as `check` does not throw; rejects with its last failure when patience ends. */
  eventually<T>(check: () => T | Promise<T>): Promise<Awaited<T>> {
    return eventually(check, this.#contract.patienceMs);
  }

  async #start(store: Store): Promise<DueWorkStore> {
    this.#opened.push(store);
    await store.start();
    return { store, dueWork: dueWorkOf(store) };
  }

  async #tidy(): Promise<void> {
    const keys = this.#keys.splice(0);
    if (this.shared && keys.length > 0) await (await this.dueWork()).cancel(keys);
    await Promise.all(this.#opened.splice(0).map((store) => store.close()));
  }
}

/** Longer than any test takes. */
export const longMs = 600_000;

/** What each theme of the suite is given. */
export interface DueWorkTheme {
  readonly book: ClauseBook<DueWorkClauseId>;
  readonly bench: DueWorkBench;
}

/** Takes until nothing is due any more. */
export async function takeAll(dueWork: DueWork, leaseMs = longMs): Promise<readonly LeasedWork[]> {
  const all: LeasedWork[] = [];
  for (;;) {
    const taken = await dueWork.take(50, leaseMs);
    if (taken.length === 0) return all;
    all.push(...taken);
  }
}

function dueWorkOf({ dueWork }: Store): DueWork {
  if (dueWork === undefined) throw new Error('the store has no `dueWork`');
  return dueWork;
}
