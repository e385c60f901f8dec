import type { Outbox, OutboxDraft, Relayed } from '../ports/outbox.js';
import type { Store } from '../ports/store.js';
import { SharedStore } from './notifier-parts.js';

/** An outbox that remembers what it was asked, and can be made deaf, slow or failing. */
export class ObservedOutbox implements Outbox {
  readonly puts: (readonly OutboxDraft[])[] = [];
  relays = 0;
  /** Whoever watches is told of commits. */
  tells = true;
  /** Run before a relay goes on: a rejection fails it. */
  before: () => Promise<void> = async () => {};
  /** Run after a relay has taken drafts out, before the caller is told. */
  after: () => Promise<void> = async () => {};
  readonly #inner: Outbox;

  constructor(inner: Outbox) {
    this.#inner = inner;
  }

  put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    this.puts.push(drafts);
    return this.#inner.put(session, drafts);
  }

  async relay(maxDrafts: number): Promise<Relayed> {
    this.relays += 1;
    await this.before();
    const relayed = await this.#inner.relay(maxDrafts);
    await this.after();
    return relayed;
  }

  watch(due: () => void): () => void {
    return this.#inner.watch(() => {
      if (this.tells) due();
    });
  }
}

/** A store that several notifiers share, and its outbox. */
export class OutboxStore extends SharedStore {
  readonly outbox: ObservedOutbox;

  constructor(inner: Store) {
    super(inner, true);
    if (inner.outbox === undefined) throw new Error('the store has no outbox');
    this.outbox = new ObservedOutbox(inner.outbox);
  }
}
