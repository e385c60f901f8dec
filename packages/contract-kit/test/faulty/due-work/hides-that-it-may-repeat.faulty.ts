import type { LeasedWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class HidesThatItMayRepeat extends WrappedDueWork {
  override async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const taken = await super.take(limit, leaseMs);
    return taken.map((one) => ({ ...one, mayRepeat: false }));
  }
}

memoryDueWorkContract(HidesThatItMayRepeat);
