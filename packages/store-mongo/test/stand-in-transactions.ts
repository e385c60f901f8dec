import type { Outbox, OutboxDraft, Store } from '@realtime-notify/core';
import type { Db } from 'mongodb';
import { lastOf, outboxDocuments } from '../src/outbox.js';
import type { OutboxDocument } from '../src/outbox-drafts.js';
import type { NumberDocument } from '../src/schema.js';

/** The collections of one outbox. */
export interface OutboxPlace {
  readonly db: Db;
  readonly collectionPrefix: string;
}

/** What `put` does before the commit, without a transaction: takes numbers. */
export async function numbered(
  { db, collectionPrefix }: OutboxPlace,
  drafts: readonly OutboxDraft[],
): Promise<readonly OutboxDocument[]> {
  const numbers = db.collection<NumberDocument>(`${collectionPrefix}outbox_numbers`);
  const last = await lastOf(numbers, drafts.length);
  return outboxDocuments(drafts, last - drafts.length + 1);
}

export function outboxOf({ db, collectionPrefix }: OutboxPlace) {
  return db.collection<OutboxDocument>(`${collectionPrefix}outbox`);
}

const watchers = new Set<() => void>();

/** Keeps what is put in memory and writes it with the commit: for servers without transactions. */
export class StandInTransaction {
  readonly place: OutboxPlace;
  readonly #documents: OutboxDocument[] = [];
  #open = true;

  constructor(place: OutboxPlace) {
    this.place = place;
  }

  async put(drafts: readonly OutboxDraft[]): Promise<void> {
    if (!this.#open) throw new Error('the transaction has ended');
    if (drafts.length > 0) this.#documents.push(...(await numbered(this.place, drafts)));
  }

  async commit(): Promise<void> {
    this.#open = false;
    if (this.#documents.length === 0) return;
    await outboxOf(this.place).insertMany(this.#documents);
    for (const due of [...watchers]) due();
  }

  async rollback(): Promise<void> {
    this.#open = false;
  }
}

/** The store with an outbox that takes stand-in transactions, whose commits it tells; all else is the store's. */
export function withStandIn(store: Store): Store {
  const { outbox } = store;
  if (outbox === undefined) throw new Error('the store has no outbox');
  const stops = new Set<() => void>();
  const standIn: Outbox = {
    async put(session, drafts) {
      if (!(session instanceof StandInTransaction)) return outbox.put(session, drafts);
      await outbox.put({ inTransaction: () => true }, []);
      await session.put(drafts);
    },
    relay: (maxDrafts) => outbox.relay(maxDrafts),
    watch(due) {
      const stopStream = outbox.watch(due);
      const watcher = (): void => due();
      watchers.add(watcher);
      const stop = (): void => {
        watchers.delete(watcher);
        stopStream();
      };
      stops.add(stop);
      return stop;
    },
  };
  return {
    shared: store.shared,
    dueWork: store.dueWork,
    outbox: standIn,
    start: () => store.start(),
    append: (drafts) => store.append(drafts),
    readAfter: (requests) => store.readAfter(requests),
    positions: (channels) => store.positions(channels),
    states: (channels) => store.states(channels),
    renewEpoch: (channel, epoch) => store.renewEpoch(channel, epoch),
    drain: () => store.drain(),
    close() {
      for (const stop of stops) stop();
      return store.close();
    },
  };
}
