import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { manageProcess } from './managed-process.js';
import { freePort } from './ports.js';
import { type PostgresPrograms, postgresPrograms } from './postgres-programs.js';
import { postgresAnswers } from './postgres-ready.js';
import { childrenOf, isAlive } from './process-identity.js';
import { run } from './run.js';
import type { RecordedProcess } from './state.js';
import { waitFor } from './wait.js';

export interface PostgresOptions {
  /** Data and log; used by this instance alone. Where we are root, another user must be let in. */
  readonly dir: string;
  /** Default: any free port. */
  readonly port?: number;
  /** More arguments of postgres, e.g. `['-c', 'max_connections=300']`. */
  readonly args?: readonly string[];
  /** True: outlives this program. Default: dies with it. */
  readonly detached?: boolean;
}

export interface PostgresInstance {
  readonly url: string;
  readonly pid: number;
  readonly processes: readonly RecordedProcess[];
  /** Sends it to the server and all its processes. SIGKILL: resolves when they have ended. SIGSTOP: when the first stands still. */
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on its port and data; resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type User = { readonly uid: number; readonly gid: number } | undefined;

/** Starts a private PostgreSQL, as durable as its defaults make it; resolves when it answers. */
export async function launchPostgres(options: PostgresOptions): Promise<PostgresInstance> {
  const port = options.port ?? (await freePort(0));
  const programs = await postgresPrograms();
  const user = await ownUser();
  const data = join(options.dir, 'data');
  await makeCluster(programs, options.dir, data, user);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port };
  const server = manageProcess({
    command: join(programs.binDir, 'postgres'),
    env: programs.env,
    args: [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ...(options.args ?? []),
    ],
    cwd: data,
    log: join(options.dir, 'postgres.log'),
    detached: options.detached ?? false,
    stopSignal: 'SIGINT',
    ...(user === undefined ? {} : { user }),
  });
  const start = async (): Promise<void> => {
    await server.start();
    await waitFor(`postgres at ${url}`, () => postgresAnswers(url), {
      timeoutMs: 30_000,
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
      return [{ ...server.identity(), log: server.log, stopSignal: 'SIGINT' as const }];
    },
    async kill(signal) {
      const { pid } = server.identity();
      const children = childrenOf(pid);
      await server.kill(signal);
      for (const child of children) if (isAlive(child)) process.kill(child.pid, signal);
      if (signal !== 'SIGKILL') return;
      // While one of them lives, the data must not be used again.
      const ended = () => !children.some(isAlive);
      await waitFor(`end of the processes of postgres ${pid}`, ended, { timeoutMs: 30_000 });
    },
    restart: start,
    stop: server.stop,
  };
}

async function makeCluster(
  { binDir, env }: PostgresPrograms,
  dir: string,
  data: string,
  user: User,
): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  if (user !== undefined) for (const each of [dir, data]) await chown(each, user.uid, user.gid);
  const wishes = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale'];
  await run(join(binDir, 'initdb'), ['-D', data, ...wishes, '--no-sync'], {
    timeoutMs: 120_000,
    cwd: data,
    env: { ...process.env, ...env },
    ...(user === undefined ? {} : { user }),
  });
}

/** Whom PostgreSQL runs as where we are root, as which it refuses to: nobody. */
async function ownUser(): Promise<User> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (kind: string): Promise<number> =>
    Number((await run('id', [kind, 'nobody'], { timeoutMs: 10_000 })).trim());
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}
