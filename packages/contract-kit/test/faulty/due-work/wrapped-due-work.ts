import { dueWorkContract } from '@realtime-notify/contract-kit';
import {
  type DueWork,
  type LeasedWork,
  memoryStore,
  type ScheduledWork,
  type Store,
  type WorkLease,
} from '@realtime-notify/core';

/** Due work that does all as the one inside; faults override a method. */
export class WrappedDueWork implements DueWork {
  readonly #inner: DueWork;

  constructor(inner: DueWork) {
    this.#inner = inner;
  }

  schedule(work: readonly ScheduledWork[]): Promise<void> {
    return this.#inner.schedule(work);
  }

  take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    return this.#inner.take(limit, leaseMs);
  }

  finish(work: WorkLease): Promise<boolean> {
    return this.#inner.finish(work);
  }

  postpone(work: WorkLease, afterMs: number, workJson?: string): Promise<boolean> {
    return this.#inner.postpone(work, afterMs, workJson);
  }

  cancel(keys: readonly string[]): Promise<void> {
    return this.#inner.cancel(keys);
  }
}

/** Runs the due work contract against memory stores with a fault around the due work of each. */
export function memoryDueWorkContract(
  Faulty: new (inner: DueWork) => DueWork,
  facts: { readonly shared?: boolean } = {},
): void {
  dueWorkContract({
    name: Faulty.name,
    shared: false,
    ...facts,
    create: () => faultyStore(Faulty),
    // What a memory store has is due at once, or when its time has come.
    patienceMs: 1_500,
  });
}

export function faultyStore(Faulty: new (inner: DueWork) => DueWork): Store {
  const store = memoryStore();
  const { dueWork } = store;
  if (dueWork === undefined) throw new Error('the memory store has no `dueWork`');
  const faulty = new Faulty(dueWork);
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'dueWork') return faulty;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
