import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { settings } from '../settings.js';

let answer: boolean | undefined;

/** Whether server and load can be kept to a core each: `taskset` is there, and there are two cores. */
export function canPin(): boolean {
  answer ??=
    settings.PIN &&
    availableParallelism() > 1 &&
    spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;
  return answer;
}
