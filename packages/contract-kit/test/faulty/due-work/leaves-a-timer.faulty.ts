import type { ScheduledWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class LeavesATimer extends WrappedDueWork {
  override async schedule(work: readonly ScheduledWork[]): Promise<void> {
    await super.schedule(work);
    setInterval(() => {}, 60_000);
  }
}

memoryDueWorkContract(LeavesATimer);
