/** A stretch of time of which everything for one user and medium goes into one call. */
export interface DigestWindow {
  /** Milliseconds since 1970 UTC; it takes in what is from then on, */
  readonly start: number;
  /** up to, not including. */
  readonly end: number;
}

/** The window that a moment is in. All nodes agree on it, since windows count from 1970. */
export function digestWindowOf(time: number, digestMs: number): DigestWindow {
  const start = Math.floor(time / digestMs) * digestMs;
  return { start, end: start + digestMs };
}

export function isInWindow({ start, end }: DigestWindow, time: number): boolean {
  return time >= start && time < end;
}
