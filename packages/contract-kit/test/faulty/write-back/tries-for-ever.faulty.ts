import { NotifyError, type Replay } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

const error = new NotifyError('STORE_UNAVAILABLE', 'again');

/** Also what failed for good. */
class TriesForEver extends WrappedWriteBack {
  override start(replay: Replay | undefined): Promise<void> {
    return super.start(
      replay &&
        (async (drafts) =>
          (await replay(drafts)).map((outcome) =>
            outcome.status === 'failed' ? { status: 'failed', error } : outcome,
          )),
    );
  }
}

memoryWriteBackContract(TriesForEver);
