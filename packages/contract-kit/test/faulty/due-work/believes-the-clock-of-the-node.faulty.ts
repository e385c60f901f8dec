import type { LeasedWork, ScheduledWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Writes down when work is due by the clock of whoever schedules it. */
class BelievesTheClockOfTheNode extends WrappedDueWork {
  readonly #dueAt = new Map<string, number>();

  override async schedule(work: readonly ScheduledWork[]): Promise<void> {
    await super.schedule(work);
    for (const { key, afterMs } of work) {
      if (!this.#dueAt.has(key)) this.#dueAt.set(key, Date.now() + afterMs);
    }
  }

  override async take(limit: number, leaseMs: number): Promise<readonly LeasedWork[]> {
    const taken = await super.take(limit, leaseMs);
    const late = taken.filter(({ key }) => (this.#dueAt.get(key) ?? 0) <= Date.now() + 1);
    for (const one of taken) if (!late.includes(one)) await this.postpone(one, 0);
    return late;
  }
}

memoryDueWorkContract(BelievesTheClockOfTheNode);
