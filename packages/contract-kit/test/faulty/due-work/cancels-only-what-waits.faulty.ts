import type { LeasedWork, WorkLease } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** What is under a lease stays. */
class CancelsOnlyWhatWaits extends WrappedDueWork {
  readonly #leased = new Set<string>();

  override async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const taken = await super.take(limit, leaseMs);
    for (const { key } of taken) this.#leased.add(key);
    return taken;
  }

  override postpone(work: WorkLease, afterMs: number, workJson?: string): Promise<boolean> {
    this.#leased.delete(work.key);
    return super.postpone(work, afterMs, workJson);
  }

  override cancel(keys: readonly string[]): Promise<void> {
    return super.cancel(keys.filter((key) => !this.#leased.has(key)));
  }
}

memoryDueWorkContract(CancelsOnlyWhatWaits);
