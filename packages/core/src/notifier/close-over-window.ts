import type { Emitter } from '../emitters/emitter.js';

const stepMs = 50;

/**
 * Closes emitters evenly over a window, so that their clients do not all come back at once. Each is told
 * to return after a random part of the window.
 */
export async function closeOverWindow(
  emitters: readonly Emitter[],
  windowMs: number,
): Promise<void> {
  const steps = Math.max(1, Math.floor(windowMs / stepMs));
  const perStep = Math.ceil(emitters.length / steps);
  for (let start = 0; start < emitters.length; start += perStep) {
    for (const emitter of emitters.slice(start, start + perStep)) {
      emitter.close({ code: 'DRAINING', returnMs: Math.round(Math.random() * windowMs) });
    }
    if (start + perStep < emitters.length) {
      await new Promise((resolve) => setTimeout(resolve, windowMs / steps));
    }
  }
}
