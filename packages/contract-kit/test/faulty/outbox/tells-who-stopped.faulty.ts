import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class TellsWhoStopped extends WrappedOutbox {
  override watch(due: () => void): () => void {
    super.watch(due);
    return () => {};
  }
}

memoryOutboxContract(TellsWhoStopped);
