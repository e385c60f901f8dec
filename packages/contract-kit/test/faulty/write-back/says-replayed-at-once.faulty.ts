import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class SaysReplayedAtOnce extends WrappedWriteBack {
  #isStarted = false;
  #isClosed = false;

  override async start(replay: Parameters<WrappedWriteBack['start']>[0]): Promise<void> {
    await super.start(replay);
    this.#isStarted = true;
  }

  override async replayed(): Promise<void> {
    if (!this.#isStarted || this.#isClosed) await super.replayed();
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await super.close();
  }
}

memoryWriteBackContract(SaysReplayedAtOnce);
