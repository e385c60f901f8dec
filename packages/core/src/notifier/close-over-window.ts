import type { Emitter } from '../emitters/emitter.js';

const stepMs = 50;

/**
 * Closes emitters evenly over a window, so that their clients do not all come back at once. Each is told
 * to return after a random part of the window. Ends early, leaving the rest open, once `signal` aborts.
 */
export async function closeOverWindow(
  emitters: readonly Emitter[],
  windowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const steps = Math.max(1, Math.floor(windowMs / stepMs));
  const perStep = Math.ceil(emitters.length / steps);
  for (let start = 0; start < emitters.length && !signal.aborted; start += perStep) {
    for (const emitter of emitters.slice(start, start + perStep)) {
      emitter.close({ code: 'DRAINING', returnMs: Math.round(Math.random() * windowMs) });
    }
    if (start + perStep < emitters.length) await pause(windowMs / steps, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
