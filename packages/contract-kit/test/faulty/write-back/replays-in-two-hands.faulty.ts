import type { Replay } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class ReplaysInTwoHands extends WrappedWriteBack {
  override start(replay: Replay | undefined): Promise<void> {
    return super.start(
      replay &&
        (async (drafts) => {
          const [outcomes] = await Promise.all([replay(drafts), replay(drafts)]);
          return outcomes;
        }),
    );
  }
}

memoryWriteBackContract(ReplaysInTwoHands);
