import { NotifyError } from '../errors/notify-error.js';
import type { Outbox, OutboxDraft, Relayed } from '../ports/outbox.js';
import type { AppendOutcome, Draft } from '../ports/store.js';
import { MemoryTransaction } from './memory-transaction.js';

/** What a {@link MemoryOutbox} works with. */
export interface MemoryOutboxContext {
  /** Drafts that wait for a relay at most. */
  readonly maxDrafts: number;
  /** Appends one draft to its log. */
  append(draft: Draft): AppendOutcome;
  /** @throws NotifyError `CLOSED` */
  mustBeOpen(): void;
}

/** Keeps drafts of {@link MemoryTransaction}s, in the order of their commits. */
export class MemoryOutbox implements Outbox {
  readonly #context: MemoryOutboxContext;
  readonly #committed: OutboxDraft[] = [];
  readonly #ofTransaction = new WeakMap<MemoryTransaction, OutboxDraft[]>();
  readonly #watchers = new Set<() => void>();
  #closed = false;

  constructor(context: MemoryOutboxContext) {
    this.#context = context;
  }

  async put(session: unknown, drafts: readonly OutboxDraft[]): Promise<void> {
    this.#context.mustBeOpen();
    if (!(session instanceof MemoryTransaction)) {
      const message = 'the session of a memory store is made by `memoryTransaction`';
      throw new NotifyError('OPTIONS_INVALID', message);
    }
    const joined = this.#join(session);
    const { maxDrafts } = this.#context;
    if (this.#committed.length + joined.length + drafts.length > maxDrafts) {
      throw new NotifyError('LIMIT_EXCEEDED', `${maxDrafts} drafts wait (maxOutboxDrafts)`);
    }
    joined.push(...drafts);
  }

  async relay(maxDrafts: number): Promise<Relayed> {
    this.#context.mustBeOpen();
    const drafts = this.#committed.splice(0, maxDrafts);
    const outcomes = drafts.map((draft) => this.#context.append(draft));
    return { drafts, outcomes, more: this.#committed.length > 0 };
  }

  watch(due: () => void): () => void {
    const watcher = (): void => due();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Forgets everything, and tells nobody any more. */
  close(): void {
    this.#closed = true;
    this.#committed.length = 0;
    this.#watchers.clear();
  }

  /** What a transaction has put here; taken when it commits. */
  #join(transaction: MemoryTransaction): OutboxDraft[] {
    const known = this.#ofTransaction.get(transaction);
    if (known !== undefined && transaction.open) return known;
    const drafts: OutboxDraft[] = [];
    transaction.join(() => this.#take(drafts));
    this.#ofTransaction.set(transaction, drafts);
    return drafts;
  }

  #take(drafts: readonly OutboxDraft[]): void {
    if (this.#closed) return;
    this.#committed.push(...drafts);
    for (const due of [...this.#watchers]) due();
  }
}
