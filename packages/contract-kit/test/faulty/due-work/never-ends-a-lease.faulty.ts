import type { LeasedWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class NeverEndsALease extends WrappedDueWork {
  override take(limit: number): Promise<readonly LeasedWork[]> {
    return super.take(limit, 1e9);
  }
}

memoryDueWorkContract(NeverEndsALease);
