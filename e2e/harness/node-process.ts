import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manageProcess } from '../../scripts/services/managed-process.js';
import { isAlive, type ProcessIdentity } from '../../scripts/services/process-identity.js';
import { eventually } from './eventually.js';

const repoDir = fileURLToPath(new URL('../../', import.meta.url));
const exampleServer = 'examples/express/src/main.ts';
const readyLine = /^ready (http:\/\/127\.0\.0\.1:\d+)$/gm;
const complaints =
  /UnhandledPromiseRejection|unhandledRejection|Uncaught|MaxListenersExceeded|failed unexpectedly/;

/** Settings of an example server, as its contract names them. */
export interface NodeSettings {
  readonly NODE_ID: string;
  readonly BROKER: 'memory' | 'redis' | 'kafka';
  readonly STORE?: 'memory' | 'redis' | 'mongo' | 'postgres';
  readonly ROUTING?: 'fanout' | 'interest' | 'directed';
  readonly REDIS_URL?: string;
  readonly MONGODB_URL?: string;
  readonly POSTGRES_URL?: string;
  readonly KAFKA_BROKERS?: string;
  readonly KAFKA_TOPIC?: string;
  readonly SOURCE_TOPIC?: string;
  readonly JWT_SECRET: string;
  readonly WHEN_STORE_DOWN?: 'reject' | 'buffer' | 'log';
  readonly WRITE_BACK_TOPIC?: string;
  readonly DRAIN_GRACE_MS?: string;
  readonly DRAIN_WINDOW_MS?: string;
  readonly PORT?: string;
}

/** One example server as an operating-system process. */
export interface NodeProcess {
  readonly name: string;
  /** `http://127.0.0.1:port`, the same after a restart. */
  readonly base: string;
  readonly pid: number;
  /** Ends it without a word, and resolves when it has ended. */
  kill9(): Promise<void>;
  /** SIGTERM, as a deploy does it; resolves when it has drained and ended. */
  terminate(): Promise<void>;
  /** Starts it again on its port. */
  restart(): Promise<void>;
  /** Throws unless it is still the process that was started last, and complained of nothing unheard. */
  assertHealthy(): Promise<void>;
  output(): Promise<string>;
  stop(): Promise<void>;
}

/** What to start in place of the example server, and what to tell it beside the contract's settings. */
export interface NodeProgram {
  /** An absolute path, or one from the root of this repository. */
  readonly file: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a server and resolves when it has said that it can serve. */
export async function startNode(
  settings: NodeSettings,
  program: NodeProgram = { file: exampleServer },
): Promise<NodeProcess> {
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-node-'));
  let base = '';
  let starts = 0;
  let started: ProcessIdentity | undefined;
  const env: NodeJS.ProcessEnv = { PORT: '0', ...settings, ...program.env };
  const server = manageProcess({
    command: process.execPath,
    args: ['--import', 'tsx', '--conditions=@realtime-notify/source', program.file],
    cwd: repoDir,
    env,
    log: join(dir, 'output.log'),
  });
  const output = (): Promise<string> => readFile(server.log, 'utf8');

  const start = async (): Promise<void> => {
    await server.start();
    starts += 1;
    started = server.identity();
    let text = '';
    await eventually(
      `node ${settings.NODE_ID} is ready`,
      async () => {
        text = await output();
        if (!server.alive()) throw new Error(`node ${settings.NODE_ID} ended:\n${text}`);
        return [...text.matchAll(readyLine)].length >= starts;
      },
      () => text,
    );
    base = [...text.matchAll(readyLine)].at(-1)?.[1] ?? '';
    env.PORT = new URL(base).port;
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };

  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    name: settings.NODE_ID,
    get base() {
      return base;
    },
    get pid() {
      return server.identity().pid;
    },
    kill9: () => server.kill('SIGKILL'),
    terminate: () => server.kill('SIGTERM'),
    restart: start,
    output,
    stop,
    async assertHealthy() {
      const text = await output();
      if (started === undefined || !isAlive(started)) {
        throw new Error(`node ${settings.NODE_ID} has ended by itself:\n${text}`);
      }
      if (complaints.test(text)) throw new Error(`node ${settings.NODE_ID} complained:\n${text}`);
    },
  };
}
