import type { ScheduledWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Half of the time is enough for it. */
class TakesTooEarly extends WrappedDueWork {
  override schedule(work: readonly ScheduledWork[]): Promise<void> {
    return super.schedule(work.map((one) => ({ ...one, afterMs: one.afterMs / 2 })));
  }
}

memoryDueWorkContract(TakesTooEarly);
