import type { LeasedWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class TakesTheNewestFirst extends WrappedDueWork {
  override async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const all = await super.take(1_000, leaseMs);
    const kept = all.toReversed().slice(0, limit);
    for (const one of all) if (!kept.includes(one)) await this.postpone(one, 0);
    return kept;
  }
}

memoryDueWorkContract(TakesTheNewestFirst);
