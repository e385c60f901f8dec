import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { percentile } from '../report/percentile.js';

/** How often the loop is looked at, in milliseconds. */
const resolutionMs = 1;

/** What kept the event loop from others, in milliseconds. */
export interface LoopFigures {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** CPU that the process used from one look to the next: the delay that it makes itself. */
  readonly cpuP99: number;
  readonly cpuMax: number;
}

/** Watches how long the event loop of this process keeps others waiting. */
export class LoopWatch {
  #histogram: IntervalHistogram | undefined;
  #looks: NodeJS.Timeout | undefined;
  #cpu: number[] = [];

  start(): void {
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#histogram.enable();
    this.#cpu = [];
    let before = process.cpuUsage();
    this.#looks = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      this.#cpu.push((user + system) / 1_000);
      before = process.cpuUsage();
    }, resolutionMs);
  }

  stop(): LoopFigures {
    const histogram = this.#histogram;
    if (histogram === undefined) throw new Error('nothing was watched');
    histogram.disable();
    clearInterval(this.#looks);
    // It counts from one look to the next.
    const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    return {
      p50: delay(histogram.percentile(50)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
      cpuP99: percentile(this.#cpu, 99),
      cpuMax: percentile(this.#cpu, 100),
    };
  }
}
