import { LineStore, lineStoreContract } from './line-store.js';

/** Floods the log in an outage. */
class LogsEachAttempt extends LineStore {
  protected override attemptFailed(): void {
    this.say('the server cannot be reached');
  }
}

lineStoreContract(LogsEachAttempt);
