import FakeTimers from '@sinonjs/fake-timers';
import type { ClusterClock } from './cluster-clock.js';
import { CountedImmediates } from './counted-immediates.js';

/**
 * Time that passes only when it is told to, for the whole process: timers, `Date` and `performance.now`.
 * Chance is the given one, so that the nodes' jitter is the same each time.
 * @throws TypeError where the timers of the process have been faked already
 */
export class VirtualClock implements ClusterClock {
  readonly #timers: ReturnType<typeof FakeTimers.install>;
  readonly #immediates: CountedImmediates;
  readonly #random = Math.random;

  constructor(random: () => number) {
    this.#timers = FakeTimers.install({
      now: Date.now(),
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    });
    this.#immediates = new CountedImmediates();
    Math.random = random;
  }

  async advance(ms: number): Promise<void> {
    let passed = false;
    setTimeout(() => {
      passed = true;
    }, ms);
    await this.drain();
    // One timer at a time, as Node runs them: what it brings about comes before the next.
    while (!passed) {
      this.#timers.next();
      await this.drain();
    }
  }

  drain(): Promise<void> {
    return this.#immediates.drained();
  }

  restore(): void {
    Math.random = this.#random;
    this.#immediates.restore();
    this.#timers.uninstall();
  }
}
