import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class GoesOnAfterDrain extends WrappedWriteBack {
  override async drain(): Promise<void> {}
}

memoryWriteBackContract(GoesOnAfterDrain);
