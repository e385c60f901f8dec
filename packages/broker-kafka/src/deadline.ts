import { withinMs } from '@realtime-notify/core';

/**
 * Settles like `work`, or rejects after `timeoutMs`. What `work` still does then is the caller's
 * business: it must end it.
 */
export function withDeadline<T>(what: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  return withinMs(work, timeoutMs, () => new TimeoutError(what, timeoutMs));
}

class TimeoutError extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`${what}: no answer in ${timeoutMs} ms`);
    this.name = 'TimeoutError';
  }
}

/** Waits up to `timeoutMs`, less where `signal` or `wake` comes first. Never rejects. */
export function pause(timeoutMs: number, signal: AbortSignal, wake?: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, timeoutMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    wake?.then(done, done);
  });
}

/** Doubling waits with a random part, so that many nodes do not come back at once. */
export function backoffMs(attempt: number, firstMs: number, maxMs: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 16));
  return full / 2 + Math.random() * (full / 2);
}
