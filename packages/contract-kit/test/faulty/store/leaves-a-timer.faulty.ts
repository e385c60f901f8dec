import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

class LeavesATimer extends WrappedStore {
  override async start(): Promise<void> {
    await super.start();
    setInterval(() => {}, 60_000);
  }
}

memoryStoreContract(LeavesATimer);
