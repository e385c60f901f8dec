import type { LoggedDraft } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class LosesEveryTenth extends WrappedWriteBack {
  #count = 0;

  override append(drafts: readonly LoggedDraft[]): Promise<void> {
    return super.append(
      drafts.filter(() => {
        this.#count += 1;
        return this.#count % 10 !== 0;
      }),
    );
  }
}

memoryWriteBackContract(LosesEveryTenth);
