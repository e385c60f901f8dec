import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is looked at, in milliseconds; no delay beyond it is missed. */
const resolution = 1;

/** Watches how long the event loop of this process keeps others waiting. */
export class LoopWatch {
  #histogram: IntervalHistogram | undefined;

  start(): void {
    this.#histogram = monitorEventLoopDelay({ resolution });
    this.#histogram.enable();
  }

  /** Since the start, in milliseconds. */
  stop(): { readonly p50: number; readonly p99: number; readonly max: number } {
    const histogram = this.#histogram;
    if (histogram === undefined) throw new Error('nothing was watched');
    histogram.disable();
    // It counts from one look to the next.
    const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
    return {
      p50: delay(histogram.percentile(50)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    };
  }
}
