import type { WorkLease } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Forgets the key with the work. */
class SchedulesAgainWhatIsFinished extends WrappedDueWork {
  override async finish(work: WorkLease): Promise<boolean> {
    // Whether the lease held is known by putting the work off first.
    const held = await super.postpone(work, 600_000);
    if (held) await super.cancel([work.key]);
    return held;
  }
}

memoryDueWorkContract(SchedulesAgainWhatIsFinished);
