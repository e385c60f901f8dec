import { memoryWriteBackContract, WrappedWriteBack } from './wrapped-write-back.js';

class DrainsTooEarly extends WrappedWriteBack {
  override async drain(): Promise<void> {
    void super.drain();
  }
}

memoryWriteBackContract(DrainsTooEarly);
