import { z } from 'zod';

/** At most so many in any period of that length. */
export interface Throttle {
  /** 1 to 100. */
  readonly limit: number;
  readonly windowMs: number;
}

/** Checks {@link Throttle}. */
export const throttleSchema = z.strictObject({
  limit: z.int().min(1).max(100),
  windowMs: z.number().min(1),
});

/** Whether one more is allowed: then with the times to remember; else with how long to wait. */
export type Throttled =
  | { readonly isAllowed: true; readonly times: readonly number[] }
  | { readonly isAllowed: false; readonly waitMs: number };

/**
 * Asks for one more now.
 * @param times - when the earlier ones were, as this returned them; the oldest first
 * @param now - milliseconds since 1970 UTC; times after it, of a clock that was ahead, count as now
 */
export function throttle(
  { limit, windowMs }: Throttle,
  times: readonly number[],
  now: number,
): Throttled {
  const recent = times.map((time) => Math.min(time, now)).filter((time) => time > now - windowMs);
  const [oldest = now] = recent.slice(-limit);
  if (recent.length >= limit) return { isAllowed: false, waitMs: oldest + windowMs - now };
  return { isAllowed: true, times: [...recent, now] };
}
