import { memoryOutboxContract, WrappedOutbox } from './wrapped-outbox.js';

class TellsNobody extends WrappedOutbox {
  override watch(): () => void {
    return () => {};
  }
}

memoryOutboxContract(TellsNobody);
