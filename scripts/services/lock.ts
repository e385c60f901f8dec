import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAlive, startTimeOf } from './process-identity.js';
import { waitFor } from './wait.js';

/** Lets one process at a time do `work`; a lock whose holder has died is taken over. */
export async function withLock<T>(
  file: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  await waitFor(`lock ${file}`, () => take(file), { timeoutMs, everyMs: 100 });
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  const me = `${process.pid} ${startTimeOf(process.pid) ?? ''}`;
  try {
    writeFileSync(file, me, { flag: 'wx' });
    return true;
  } catch {
    const [pid, ...startTime] = readFileSync(file, 'utf8').split(' ');
    // An empty file is one whose holder is just about to write its pid.
    if (pid !== '' && !isAlive({ pid: Number(pid), startTime: startTime.join(' ') })) {
      rmSync(file, { force: true });
    }
    return false;
  }
}
