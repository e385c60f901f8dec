import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Ends the wait early with this reason, e.g. because the awaited process has died. */
  readonly giveUp?: () => string | undefined;
  /** Its last lines are added to the failure. */
  readonly log?: string;
}

/** Polls until `condition` holds; an attempt that throws counts as "not yet". */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    const given = options.giveUp?.();
    const reason =
      given ?? (Date.now() > deadline ? `not within ${options.timeoutMs} ms` : undefined);
    if (reason !== undefined) {
      const detail = cause instanceof Error ? `; last error: ${cause.message}` : '';
      throw new Error(`${what}: ${reason}${detail}${logTail(options.log)}`, { cause });
    }
    await delay(options.everyMs ?? 50);
  }
}

/** The end of a log file, indented under its name, or nothing. */
function logTail(log: string | undefined, lines = 15): string {
  if (log === undefined || !existsSync(log)) return '';
  const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines);
  return `\n  end of ${log}:\n${tail.map((line) => `    ${line}`).join('\n')}`;
}
