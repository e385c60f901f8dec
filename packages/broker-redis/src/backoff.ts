/** Doubles from 50 ms up to the cap; half is random, so that nodes do not come back as one. */
export function backoffMs(attempt: number, capMs: number): number {
  const full = Math.min(capMs, 50 * 2 ** Math.min(attempt - 1, 20));
  return full / 2 + Math.random() * (full / 2);
}
