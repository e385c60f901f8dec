import { type OpenTransaction, outboxContract } from '@realtime-notify/contract-kit';
import {
  memoryStore,
  memoryTransaction,
  type Outbox,
  type OutboxDraft,
  type Relayed,
  type Store,
} from '@realtime-notify/core';
import { WrappedStore } from '../store/wrapped-store.js';

/** An outbox that does all as the one inside; faults override a method. */
export class WrappedOutbox implements Outbox {
  readonly #inner: Outbox;

  constructor(inner: Outbox) {
    this.#inner = inner;
  }

  put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    return this.#inner.put(session, drafts);
  }

  relay(maxDrafts: number): Promise<Relayed> {
    return this.#inner.relay(maxDrafts);
  }

  watch(due: () => void): () => void {
    return this.#inner.watch(due);
  }
}

class StoreWithOutbox extends WrappedStore {
  readonly outbox: Outbox;

  constructor(inner: Store, outbox: Outbox) {
    super(inner);
    this.outbox = outbox;
  }
}

/** Runs the outbox contract against memory outboxes with a fault around each. */
export function memoryOutboxContract(
  Faulty: new (inner: Outbox) => Outbox,
  begin: () => OpenTransaction = beginInMemory,
): void {
  outboxContract({
    name: Faulty.name,
    shared: false,
    create: () => {
      const store = memoryStore();
      if (store.outbox === undefined) throw new Error('a memory store has an outbox');
      return new StoreWithOutbox(store, new Faulty(store.outbox));
    },
    begin: async () => begin(),
    // What a memory outbox does is done at once, or never.
    patienceMs: 200,
  });
}

export function beginInMemory(): OpenTransaction {
  const session = memoryTransaction();
  return { session, commit: () => session.commit(), rollback: () => session.rollback() };
}
