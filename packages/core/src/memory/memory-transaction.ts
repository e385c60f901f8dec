import { NotifyError } from '../errors/notify-error.js';

/**
 * Stands in for a database's transaction where the store is a `memoryStore`: what `notify` is given it as
 * `session` is shown once it commits. Made by {@link memoryTransaction}.
 */
export class MemoryTransaction {
  #open = true;
  readonly #parts: (() => void)[] = [];

  /** Neither committed nor rolled back. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * For stores: has `take` called when this commits.
   * @throws NotifyError `OPTIONS_INVALID` where it has ended
   */
  join(take: () => void): void {
    this.#mustBeOpen();
    this.#parts.push(take);
  }

  /** Rejects with `OPTIONS_INVALID` where it has ended. */
  async commit(): Promise<void> {
    this.#mustBeOpen();
    this.#open = false;
    for (const take of this.#parts.splice(0)) take();
  }

  /** Forgets what was put into it. Rejects with `OPTIONS_INVALID` where it has ended. */
  async rollback(): Promise<void> {
    this.#mustBeOpen();
    this.#open = false;
    this.#parts.length = 0;
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new NotifyError('OPTIONS_INVALID', 'the transaction has ended');
  }
}

/** Begins a transaction for `notify(request, { session })` over a `memoryStore`, so that code which uses one is tested without a database. */
export function memoryTransaction(): MemoryTransaction {
  return new MemoryTransaction();
}
