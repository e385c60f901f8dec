import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A pid alone may have been given to another program since; with its start time it is one process. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** When the process with this pid started, in the system's own terms; undefined when there is none. */
export function startTimeOf(pid: number): string | undefined {
  if (!existsSync('/proc/self/stat')) {
    const listed = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return listed.stdout?.trim() || undefined;
  }
  try {
    // The second field is the program's name in brackets and may hold spaces, so count after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function identify(pid: number): ProcessIdentity {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`process ${pid} has ended already`);
  return { pid, startTime };
}

export function isAlive(process: ProcessIdentity): boolean {
  return startTimeOf(process.pid) === process.startTime;
}
