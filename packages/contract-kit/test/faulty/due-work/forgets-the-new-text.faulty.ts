import type { WorkLease } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class ForgetsTheNewText extends WrappedDueWork {
  override postpone(work: WorkLease, afterMs: number): Promise<boolean> {
    return super.postpone(work, afterMs);
  }
}

memoryDueWorkContract(ForgetsTheNewText);
