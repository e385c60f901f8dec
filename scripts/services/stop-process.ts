import { isAlive, type ProcessIdentity } from './process-identity.js';
import { waitFor } from './wait.js';

/** What asks a program to end; PostgreSQL takes SIGTERM as "when the last client has gone". */
export type StopSignal = 'SIGTERM' | 'SIGINT';

export interface StopOptions {
  readonly stopSignal?: StopSignal | undefined;
  readonly politeMs?: number;
}

/** Ends a process politely, after `politeMs` forcibly, and returns when it is gone. */
export async function stopProcess(
  target: ProcessIdentity,
  { stopSignal = 'SIGTERM', politeMs = 10_000 }: StopOptions = {},
): Promise<void> {
  const gone = (): boolean => !isAlive(target);
  if (gone()) return;
  signal(target, stopSignal);
  // A stopped process (SIGSTOP in a fault test) takes no other signal before it goes on.
  signal(target, 'SIGCONT');
  try {
    await waitFor(`end of process ${target.pid}`, gone, { timeoutMs: politeMs });
  } catch {
    signal(target, 'SIGKILL');
    await waitFor(`end of process ${target.pid}`, gone, { timeoutMs: 5_000 });
  }
}

function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, name);
  } catch {
    // ended between the check and the signal
  }
}
