import { setTimeout as delay } from 'node:timers/promises';
import type { AppendOutcome, Draft } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Its first append takes a while, and draining does not wait for it. */
class DrainsTooEarly extends WrappedStore {
  #count = 0;

  override async append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    this.#count += 1;
    const first = this.#count === 1;
    const outcomes = await super.append(drafts);
    if (first) await delay(50);
    return outcomes;
  }
}

memoryStoreContract(DrainsTooEarly);
