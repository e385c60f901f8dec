import { LineStore, lineStoreContract } from './line-store.js';

/** One connection for a whole life. */
class NeverComesBack extends LineStore {
  protected override async comeBack(): Promise<void> {}
}

lineStoreContract(NeverComesBack);
