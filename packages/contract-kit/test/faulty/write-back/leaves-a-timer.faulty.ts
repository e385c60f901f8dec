import type { LoggedDraft } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class LeavesATimer extends WrappedWriteBack {
  override async append(drafts: readonly LoggedDraft[]): Promise<void> {
    await super.append(drafts);
    setInterval(() => {}, 60_000);
  }
}

memoryWriteBackContract(LeavesATimer);
