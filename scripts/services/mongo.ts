import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ferretdbProgram } from './ferretdb.js';
import { manageProcess } from './managed-process.js';
import { initiateReplicaSet, mongoAnswers } from './mongo-ready.js';
import { freePort } from './ports.js';
import { onPath } from './run.js';
import type { RecordedProcess } from './state.js';
import { waitFor } from './wait.js';

export interface MongoOptions {
  /** Data and log; used by this instance alone. */
  readonly dir: string;
  /** Default: any free port. */
  readonly port?: number;
  /** True: outlives this program. Default: dies with it. */
  readonly detached?: boolean;
}

export interface MongoInstance {
  readonly url: string;
  readonly processes: readonly RecordedProcess[];
  /** SIGKILL, SIGTERM: resolves when it has ended. SIGSTOP: when it stands still. SIGCONT: at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on its port and data; resolves when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a private server; resolves when it answers: a replica set of one where `mongod` is on PATH, else FerretDB,
 * which is not MongoDB: no transactions, no TTL, updates that are not indivisible.
 */
export async function launchMongo(options: MongoOptions): Promise<MongoInstance> {
  const port = options.port ?? (await freePort(0));
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const data = join(options.dir, 'data');
  mkdirSync(data, { recursive: true });
  const mongod = onPath('mongod');
  const server = manageProcess({
    ...(mongod === undefined
      ? { command: await ferretdbProgram(), args: [`127.0.0.1:${port}`, data] }
      : { command: mongod, args: mongodArgs(data, port) }),
    cwd: options.dir,
    log: join(options.dir, 'mongo.log'),
    detached: options.detached ?? false,
  });
  const start = async (): Promise<void> => {
    await server.start();
    await mongoReady(url, {
      ...(mongod === undefined ? {} : { member: `127.0.0.1:${port}` }),
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
    get processes() {
      return [{ ...server.identity(), log: server.log }];
    },
    kill: server.kill,
    restart: start,
    stop: server.stop,
  };
}

interface Watched {
  /** What it calls itself, where it is to become a replica set of one. */
  readonly member?: string;
  readonly giveUp?: () => string | undefined;
  readonly log?: string;
}

/** Resolves when it takes writes. */
export async function mongoReady(url: string, { member, ...watched }: Watched): Promise<void> {
  const takesWrites = async (): Promise<boolean> => {
    if (member !== undefined) await initiateReplicaSet(url, member);
    return mongoAnswers(url);
  };
  await waitFor(`mongo at ${url}`, takesWrites, { timeoutMs: 60_000, ...watched });
}

function mongodArgs(data: string, port: number): readonly string[] {
  const own = ['--dbpath', data, '--bind_ip', '127.0.0.1', '--port', String(port)];
  return [...own, '--replSet', 'rs0', '--wiredTigerCacheSizeGB', '0.25'];
}
