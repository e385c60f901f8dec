import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

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
    return startTimeIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The start time in what Linux says of a process; undefined when nothing of it runs any more. */
export function startTimeIn(stat: string): string | undefined {
  // The second field is the program's name in brackets and may hold spaces, so count after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  // Where the first thread has ended and others have not yet, its ports are still taken.
  const threads = Number(fields[17]);
  const ended = state === 'X' || (state === 'Z' && threads <= 1);
  return ended ? undefined : fields[19];
}

export function identify(pid: number): ProcessIdentity {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`process ${pid} has ended already`);
  return { pid, startTime };
}

export function isAlive(process: ProcessIdentity): boolean {
  return startTimeOf(process.pid) === process.startTime;
}

/** Whether a SIGSTOP has reached the process: all of its threads, where the system tells of them. */
export function standsStill(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (existsSync(tasks)) {
    const states = readdirSync(tasks).map((task) => stateIn(readIfThere(`${tasks}/${task}/stat`)));
    return states.every((state) => state === 'T' || state === undefined);
  }
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout?.trim().startsWith('T') ?? false;
}

function stateIn(stat: string | undefined): string | undefined {
  return stat?.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** What this process has started and what still runs. */
export function childrenOf(pid: number): readonly ProcessIdentity[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child = 0, parent]) => {
      const startTime = parent === pid ? startTimeOf(child) : undefined;
      return startTime === undefined ? [] : [{ pid: child, startTime }];
    });
}
