import type { NotifyError } from '@realtime-notify/core';
import type { LinkState } from './kafka-client.js';
import { isLinkFailure } from './kafka-errors.js';

interface Report {
  onState(state: LinkState): void;
  onResync(reason: string): void;
}

/**
 * Turns what happens to single partitions and links into one state: up, or down with a reason.
 * A failure that the next attempt mends is not reported.
 */
export class TailHealth {
  readonly #report: Report;
  /** Partitions not read successfully since something happened to them. */
  readonly #unproven = new Set<number>();
  #state: 'unknown' | 'up' | 'down' = 'unknown';
  #error: NotifyError | undefined;
  #attempt = 0;
  #resync: string | undefined;

  constructor(report: Report) {
    this.#report = report;
  }

  /** How many attempts have failed since all was well. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Why the state is not up. */
  get error(): NotifyError | undefined {
    return this.#state === 'up' ? undefined : this.#error;
  }

  /** What went wrong since all was well, also while the state is up still. */
  get lastError(): NotifyError | undefined {
    return this.#error;
  }

  /** An attempt to find and place the partitions failed. */
  failed(error: NotifyError): void {
    this.#attempt += 1;
    this.#error = error;
    const hopeless = !error.retryable && this.#state === 'unknown';
    if (hopeless || this.#attempt >= this.#patience(error)) this.#down(error);
  }

  /** All partitions have their place; those that are unproven are still to be read. */
  placed(): void {
    if (this.#unproven.size === 0) {
      this.#up();
      return;
    }
    if (this.#attempt > 1 && this.#error !== undefined) this.#down(this.#error);
    this.#attempt += 1;
  }

  unproven(partition: number): void {
    this.#unproven.add(partition);
  }

  /** Reading a partition failed. */
  stale(partition: number, error: NotifyError): void {
    this.#unproven.add(partition);
    this.#error = error;
    if (this.#attempt === 0) this.#attempt = 1;
  }

  /** A partition was read. */
  prove(partition: number): void {
    if (this.#unproven.delete(partition) && this.#unproven.size === 0) this.#up();
  }

  proven(partitions: Iterable<number>): boolean {
    for (const partition of partitions) if (this.#unproven.has(partition)) return false;
    return true;
  }

  /** Says so as soon as reading goes on. */
  mustResync(reason: string): void {
    this.#resync ??= reason;
  }

  /** A Kafka topic made a moment ago takes several attempts; a missing link shows in two. */
  #patience(error: NotifyError): number {
    return this.#state === 'unknown' && !isLinkFailure(error) ? 6 : 2;
  }

  #up(): void {
    this.#attempt = 0;
    this.#error = undefined;
    if (this.#state === 'down') this.#resync ??= 'the link was down';
    const reason = this.#resync;
    this.#resync = undefined;
    if (reason !== undefined) this.#report.onResync(reason);
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#report.onState({ state: 'up' });
  }

  #down(error: NotifyError): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    this.#report.onState({ state: 'down', error });
  }
}
