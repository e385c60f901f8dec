import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class LeavesATimer extends WrappedOutbox {
  override watch(due: () => void): () => void {
    setInterval(() => {}, 60_000);
    return super.watch(due);
  }
}

memoryOutboxContract(LeavesATimer);
