import type { LoggedDraft } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class ForgetsTheTrace extends WrappedWriteBack {
  override append(drafts: readonly LoggedDraft[]): Promise<void> {
    return super.append(drafts.map(({ traceparent: _, ...rest }) => rest));
  }
}

memoryWriteBackContract(ForgetsTheTrace);
