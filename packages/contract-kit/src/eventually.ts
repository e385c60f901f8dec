import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves with what `check` returns as soon as it does not throw, for tests that wait on a
 * condition. Rejects with its last failure.
 * @param timeoutMs - a bound for hopeless cases, not an expectation; default 30,000
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<Awaited<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(10);
  }
}
