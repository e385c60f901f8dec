import { setTimeout as delay } from 'node:timers/promises';
import type { ScheduledWork } from '@realtime-notify/core';
import { memoryDueWorkContract, WrappedDueWork } from './wrapped-due-work.js';

/** Its first work takes a while, and draining does not wait for it. */
class DrainsTooEarly extends WrappedDueWork {
  #isFirst = true;

  override async schedule(work: readonly ScheduledWork[]): Promise<void> {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    await super.schedule(work);
    if (isFirst) await delay(50);
  }
}

memoryDueWorkContract(DrainsTooEarly);
