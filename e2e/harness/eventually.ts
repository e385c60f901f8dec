import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Waits until `condition` holds. The time-out is a limit for failing, never a measurement: nothing is
 * concluded from how long it took. `explain` says what was there instead.
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  explain: () => string = () => '',
  { timeoutMs = 60_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${what}\n${explain()}`.trimEnd());
    }
    await delay(everyMs);
  }
}
