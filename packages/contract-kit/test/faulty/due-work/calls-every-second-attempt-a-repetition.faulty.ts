import type { LeasedWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Takes what was postponed for what was left. */
class CallsEverySecondAttemptARepetition extends WrappedDueWork {
  override async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const taken = await super.take(limit, leaseMs);
    return taken.map((one) => ({ ...one, mayRepeat: one.attempt > 1 }));
  }
}

memoryDueWorkContract(CallsEverySecondAttemptARepetition);
