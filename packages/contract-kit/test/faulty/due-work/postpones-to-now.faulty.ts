import type { WorkLease } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class PostponesToNow extends WrappedDueWork {
  override postpone(work: WorkLease, _afterMs: number, workJson?: string): Promise<boolean> {
    return super.postpone(work, 0, workJson);
  }
}

memoryDueWorkContract(PostponesToNow);
