import { NotifyError } from '@realtime-notify/core';
import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

/** Refuses calls, and replays on. */
class GoesOnAfterClose extends WrappedWriteBack {
  #isClosed = false;

  override async start(replay: Parameters<WrappedWriteBack['start']>[0]): Promise<void> {
    this.#mustBeOpen();
    await super.start(replay);
  }

  override async append(drafts: Parameters<WrappedWriteBack['append']>[0]): Promise<void> {
    this.#mustBeOpen();
    await super.append(drafts);
  }

  override async replayed(): Promise<void> {
    this.#mustBeOpen();
    await super.replayed();
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new NotifyError('CLOSED', 'closed');
  }
}

memoryWriteBackContract(GoesOnAfterClose);
