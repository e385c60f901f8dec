import { LineStore, lineStoreContract } from './line-store.js';

/** Starting succeeds whatever there is. */
class StartsWithoutAServer extends LineStore {
  override async start(): Promise<void> {
    await super.start().catch(() => undefined);
  }
}

lineStoreContract(StartsWithoutAServer);
