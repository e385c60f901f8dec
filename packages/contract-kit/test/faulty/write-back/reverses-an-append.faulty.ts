import type { LoggedDraft } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class ReversesAnAppend extends WrappedWriteBack {
  override append(drafts: readonly LoggedDraft[]): Promise<void> {
    return super.append(drafts.toReversed());
  }
}

memoryWriteBackContract(ReversesAnAppend);
