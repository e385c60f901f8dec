import { join } from 'node:path';
import { unpackDebian } from './debian.js';
import { manageProcess } from './managed-process.js';
import { freePort } from './ports.js';
import { redisAnswers } from './redis-ready.js';
import { onPath } from './run.js';
import type { RecordedProcess } from './state.js';
import { waitFor } from './wait.js';

export interface RedisOptions {
  /** Data and log; used by this instance alone. */
  readonly dir: string;
  /** Default: any free port. */
  readonly port?: number;
  /** More arguments of redis-server, e.g. `['--appendonly', 'yes', '--appendfsync', 'always']`. */
  readonly args?: readonly string[];
  /** True: outlives this program. Default: dies with it. */
  readonly detached?: boolean;
  /** Whether it has started. Default: it can be written to. */
  readonly answers?: (url: string) => Promise<boolean>;
}

export interface RedisInstance {
  readonly url: string;
  readonly pid: number;
  readonly processes: readonly RecordedProcess[];
  /** SIGKILL, SIGTERM: resolves when it has ended. SIGSTOP: when it stands still. SIGCONT: at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on its port and data; resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a private Redis from a program on the machine; resolves when it answers. */
export async function launchRedis(options: RedisOptions): Promise<RedisInstance> {
  const port = options.port ?? (await freePort(0));
  const program = await redisProgram();
  const url = `redis://127.0.0.1:${port}`;
  const { answers = redisAnswers } = options;
  const server = manageProcess({
    command: program.command,
    env: program.env,
    args: redisArgs(options.dir, port, options.args ?? []),
    cwd: options.dir,
    log: join(options.dir, 'redis.log'),
    detached: options.detached ?? false,
  });
  const start = async (): Promise<void> => {
    await server.start();
    await waitFor(`redis at ${url}`, () => answers(url), {
      timeoutMs: 20_000,
      giveUp: () => (server.alive() ? undefined : 'the process has ended'),
      log: server.log,
    });
  };
  await start().catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  return {
    url,
    get pid() {
      return server.identity().pid;
    },
    get processes() {
      return [{ ...server.identity(), log: server.log }];
    },
    kill: server.kill,
    restart: start,
    stop: server.stop,
  };
}

/** Nothing is written to disk unless `extra` says so; the last mention of a setting counts. */
function redisArgs(dir: string, port: number, extra: readonly string[]): string[] {
  const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', ''];
  return [...own, '--appendonly', 'no', '--daemonize', 'no', ...extra];
}

/** The server's program, which is the Sentinel's too. */
export async function redisProgram(): Promise<{ command: string; env: NodeJS.ProcessEnv }> {
  const installed = onPath('redis-server');
  if (installed !== undefined) return { command: installed, env: {} };
  const unpacked = await unpackDebian('redis-server');
  return { command: join(unpacked.root, 'usr/bin/redis-server'), env: unpacked.env };
}
