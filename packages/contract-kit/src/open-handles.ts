import { getActiveResourcesInfo } from 'node:process';
import { expect } from 'vitest';

/** What keeps this process busy at one moment, by sort, for tests that nothing is left over. */
export class OpenHandles {
  readonly sockets = count(/^(TCP|TLS|Pipe).*Wrap$/);
  readonly timers = count(/^Timeout$/);

  /** Fails while there are more of either than at that moment. */
  mustCoverAll(): void {
    const { sockets, timers } = new OpenHandles();
    expect(sockets).toBeLessThanOrEqual(this.sockets);
    expect(timers).toBeLessThanOrEqual(this.timers);
  }
}

function count(name: RegExp): number {
  return getActiveResourcesInfo().filter((each) => name.test(each)).length;
}
