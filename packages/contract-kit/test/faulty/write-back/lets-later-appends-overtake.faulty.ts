import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedDraft } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

/** Says that it has every seventh append before it has. */
class LetsLaterAppendsOvertake extends WrappedWriteBack {
  #count = 0;

  override async append(drafts: readonly LoggedDraft[]): Promise<void> {
    this.#count += 1;
    if (this.#count % 7 !== 0) return super.append(drafts);
    void delay(20).then(() => super.append(drafts).catch(() => {}));
  }
}

memoryWriteBackContract(LetsLaterAppendsOvertake);
