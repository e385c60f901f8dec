import type { LeasedWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class TakesMoreThanTheLimit extends WrappedDueWork {
  override take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    return super.take(limit + 1, leaseMs);
  }
}

memoryDueWorkContract(TakesMoreThanTheLimit);
