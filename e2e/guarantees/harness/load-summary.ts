import type { CrowdTally } from './crowd-messages.js';

/** What one fault did. */
export interface FaultRow {
  readonly name: string;
  readonly atMs: number;
  /** How long it lasted. */
  readonly lastedMs: number;
  /** From its end until every client had what had been accepted by then. */
  readonly caughtUpMs: number;
  /** From its end until a notification was accepted and every client had caught up. */
  readonly heardMs: number;
  /** Since the beginning of the run until its end. */
  readonly accepted: number;
  /** While it lasted. */
  readonly acceptedMeanwhile: number;
  readonly reconnects: number;
  /** What was shown twice, with equal ids, because a write was cut. */
  readonly repeats: number;
}

interface Totals {
  readonly accepted: number;
  readonly tally: CrowdTally;
  readonly tookMs: number;
  /** From the end of the traffic until everything was there and judged. */
  readonly judgedMs: number;
  /** That each node has logged. */
  readonly lines: readonly number[];
}

/** The figures of a run as text. */
export function summaryOf(title: string, totals: Totals, faults: readonly FaultRow[]): string {
  const { accepted, tally, tookMs, judgedMs, lines: logged } = totals;
  const lines = [
    title,
    `  accepted ${accepted} in ${seconds(tookMs)} (${rates(accepted, tookMs, faults)}), delivered ${tally.received} to ${tally.clients} clients, all there and judged after ${seconds(judgedMs)}`,
    `  shown twice after a cut write ${tally.repeats}, reconnects ${tally.reconnects}, unrecovered ${tally.unrecovered}, lines logged by the nodes ${logged.join(' and ')}`,
  ];
  for (const {
    name,
    atMs,
    lastedMs,
    caughtUpMs,
    heardMs,
    accepted: soFar,
    reconnects,
    repeats,
  } of faults) {
    lines.push(
      `  ${seconds(atMs).padStart(7)}  ${name.padEnd(46)} lasted ${seconds(lastedMs)}, accepted ${soFar} by then, caught up after ${seconds(caughtUpMs)}, publishing after ${seconds(heardMs)}, reconnects ${reconnects}, repeats ${repeats}`,
    );
  }
  return lines.join('\n');
}

/** On the average, and without the times of the faults. */
function rates(accepted: number, tookMs: number, faults: readonly FaultRow[]): string {
  const faultsMs = faults.reduce((sum, { lastedMs }) => sum + lastedMs, 0);
  const meanwhile = faults.reduce((sum, { acceptedMeanwhile }) => sum + acceptedMeanwhile, 0);
  const outside = perSecond(accepted - meanwhile, tookMs - faultsMs);
  return `${perSecond(accepted, tookMs)}, outside of faults ${outside}`;
}

export function perSecond(count: number, ms: number): string {
  return `${Math.round((count * 1_000) / ms)}/s`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
