import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { identify, isAlive, type ProcessIdentity, standsStill } from './process-identity.js';
import { onPath } from './run.js';
import { type StopSignal, stopProcess } from './stop-process.js';
import { waitFor } from './wait.js';

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly log: string;
  readonly env?: NodeJS.ProcessEnv;
  /** True: outlives this program. False (default): dies with it. */
  readonly detached?: boolean;
  /** Whom it runs as. Default: us. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What asks it to end. Default: SIGTERM. */
  readonly stopSignal?: StopSignal;
}

/** A program that can be killed and started again under the same arguments. */
export interface ManagedProcess {
  readonly log: string;
  identity(): ProcessIdentity;
  alive(): boolean;
  start(): Promise<void>;
  /** Sends the signal; for SIGKILL and SIGTERM resolves once the process has ended, for SIGSTOP once it stands still. */
  kill(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

export function manageProcess(spec: ProcessSpec): ManagedProcess {
  let current: ProcessIdentity | undefined;
  const identity = (): ProcessIdentity => {
    if (current === undefined) throw new Error(`${spec.command} was not started`);
    return current;
  };
  const alive = (): boolean => current !== undefined && isAlive(current);
  const killNow = (): void => {
    if (alive()) process.kill(identity().pid, 'SIGKILL');
  };
  return {
    log: spec.log,
    identity,
    alive,
    async start() {
      if (alive()) throw new Error(`${spec.command} is running already, pid ${identity().pid}`);
      current = await spawnProcess(spec);
      // Once, however often it is started again.
      process.off('exit', killNow);
      if (spec.detached !== true) process.on('exit', killNow);
    },
    async kill(signal) {
      const { pid } = identity();
      process.kill(pid, signal);
      if (signal === 'SIGSTOP') {
        await waitFor(`standstill of process ${pid}`, () => standsStill(pid), {
          timeoutMs: 30_000,
        });
      }
      if (signal !== 'SIGKILL' && signal !== 'SIGTERM') return;
      await waitFor(`end of process ${pid}`, () => !alive(), { timeoutMs: 30_000 });
    },
    async stop() {
      process.off('exit', killNow);
      if (current !== undefined) await stopProcess(current, { stopSignal: spec.stopSignal });
    },
  };
}

async function spawnProcess(spec: ProcessSpec): Promise<ProcessIdentity> {
  mkdirSync(dirname(spec.log), { recursive: true });
  mkdirSync(spec.cwd, { recursive: true });
  const log = openSync(spec.log, 'a');
  const [command, args] = spec.detached === true ? [spec.command, spec.args] : tied(spec);
  const child = spawn(command, args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    detached: spec.detached === true,
    stdio: ['ignore', log, log],
    ...spec.user,
  });
  closeSync(log);
  child.unref();
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  if (child.pid === undefined) throw new Error(`${spec.command} could not be started`);
  return identify(child.pid);
}

/** Where the system can do it, the kernel ends the child with us, even when we are killed with -9. */
function tied(spec: ProcessSpec): [string, readonly string[]] {
  const setpriv = process.platform === 'linux' ? onPath('setpriv') : undefined;
  if (setpriv === undefined) return [spec.command, spec.args];
  return [setpriv, ['--pdeathsig', 'KILL', spec.command, ...spec.args]];
}
