import { isRefusal } from './redis-refusal.js';
import type { HostPort } from './redis-source.js';

/** Asks one Sentinel where the master is. */
export type AskSentinel = (sentinel: HostPort, signal: AbortSignal) => Promise<HostPort>;

/** Asks the Sentinels in turn, first the one that answered last. */
export class MasterFinder {
  readonly #ask: AskSentinel;
  readonly #sentinels: HostPort[];

  constructor(sentinels: readonly HostPort[], ask: AskSentinel) {
    this.#sentinels = [...sentinels];
    this.#ask = ask;
  }

  /**
   * Rejects when none could tell: with a refusal where there was one, because that is what the host can
   * mend, else with the last failure.
   */
  async find(signal: AbortSignal): Promise<HostPort> {
    let failure: unknown;
    for (const sentinel of [...this.#sentinels]) {
      try {
        const master = await this.#ask(sentinel, signal);
        this.#sentinels.splice(this.#sentinels.indexOf(sentinel), 1);
        this.#sentinels.unshift(sentinel);
        return master;
      } catch (error) {
        signal.throwIfAborted();
        if (!isRefusal(failure)) failure = error;
      }
    }
    throw failure;
  }
}
