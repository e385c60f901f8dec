import { LineStore, lineStoreContract } from './line-store.js';

/** What was not answered is sent again on the next connection, though it may have been done. */
class SendsAgain extends LineStore {
  protected override settle(): void {}

  protected override async comeBack(): Promise<void> {
    await super.comeBack();
    for (const [id, call] of this.calls) this.write(id, call);
  }
}

lineStoreContract(SendsAgain);
