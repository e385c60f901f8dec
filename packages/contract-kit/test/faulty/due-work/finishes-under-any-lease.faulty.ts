import type { LeasedWork, WorkLease } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Asks only whether some lease holds the work. */
class FinishesUnderAnyLease extends WrappedDueWork {
  readonly #leases = new Map<string, string>();

  override async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const taken = await super.take(limit, leaseMs);
    for (const { key, lease } of taken) this.#leases.set(key, lease);
    return taken;
  }

  override finish({ key, lease }: WorkLease): Promise<boolean> {
    return super.finish({ key, lease: this.#leases.get(key) ?? lease });
  }
}

memoryDueWorkContract(FinishesUnderAnyLease);
