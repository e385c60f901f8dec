import type { ScheduledWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

class SchedulesOverWhatWaits extends WrappedDueWork {
  override async schedule(work: readonly ScheduledWork[]): Promise<void> {
    for (const one of work) {
      await super.cancel([one.key]);
      await super.schedule([one]);
    }
  }
}

memoryDueWorkContract(SchedulesOverWhatWaits);
