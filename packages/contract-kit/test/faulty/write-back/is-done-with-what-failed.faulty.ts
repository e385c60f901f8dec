import type { Replay } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class IsDoneWithWhatFailed extends WrappedWriteBack {
  override start(replay: Replay | undefined): Promise<void> {
    return super.start(
      replay &&
        (async (drafts) => {
          const outcomes = await replay(drafts);
          const [stored] = outcomes.filter(({ status }) => status === 'appended');
          return stored === undefined ? outcomes : drafts.map(() => stored);
        }),
    );
  }
}

memoryWriteBackContract(IsDoneWithWhatFailed);
