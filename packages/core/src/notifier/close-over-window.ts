import type { Emitter } from '../emitters/emitter.js';
import { pause } from '../time/pause.js';

const stepMs = 50;
/** Longer would only keep clients waiting: the closes are spread already. */
const longestReturnMs = 1_000;

/**
 * Closes emitters evenly over a window, so that their clients do not all come back at once; few of them
 * one each step, which takes less than the window. Each is told to return after a random part of a second, or
 * of a shorter window. Ends early, leaving the rest open, once `signal` aborts.
 */
export async function closeOverWindow(
  emitters: readonly Emitter[],
  windowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const steps = Math.max(1, Math.floor(windowMs / stepMs));
  const perStep = Math.max(1, emitters.length / steps);
  const returnWithinMs = Math.min(windowMs, longestReturnMs);
  for (let step = 1, closed = 0; closed < emitters.length && !signal.aborted; step += 1) {
    const due = Math.ceil(perStep * step);
    for (const emitter of emitters.slice(closed, due)) {
      emitter.close({ code: 'DRAINING', returnMs: Math.round(Math.random() * returnWithinMs) });
    }
    closed = due;
    if (closed < emitters.length) await pause(windowMs / steps, signal);
  }
}
