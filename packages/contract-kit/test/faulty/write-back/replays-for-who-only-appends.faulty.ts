import { NotifyError, type Replay } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

const error = new NotifyError('IDEMPOTENCY_CONFLICT', 'nowhere to go');

class ReplaysForWhoOnlyAppends extends WrappedWriteBack {
  override start(replay: Replay | undefined): Promise<void> {
    return super.start(
      replay ?? (async (drafts) => drafts.map(() => ({ status: 'failed', error }))),
    );
  }
}

memoryWriteBackContract(ReplaysForWhoOnlyAppends);
