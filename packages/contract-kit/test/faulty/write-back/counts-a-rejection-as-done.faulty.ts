import { NotifyError, type Replay } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

const error = new NotifyError('IDEMPOTENCY_CONFLICT', 'passed');

class CountsARejectionAsDone extends WrappedWriteBack {
  override start(replay: Replay | undefined): Promise<void> {
    return super.start(
      replay &&
        ((drafts) =>
          replay(drafts).catch(() => drafts.map(() => ({ status: 'failed', error }) as const))),
    );
  }
}

memoryWriteBackContract(CountsARejectionAsDone);
