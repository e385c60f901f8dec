import type { LeasedWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Who asks at the same time gets the same, as where looking and leasing are two steps. */
class GivesOnePieceTwice extends WrappedDueWork {
  #taking: Promise<readonly LeasedWork[]> | undefined;

  override take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    this.#taking ??= super.take(limit, leaseMs).finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }
}

memoryDueWorkContract(GivesOnePieceTwice);
