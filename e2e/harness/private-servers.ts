import { inOwnDir } from '../../scripts/private-servers/own-dir.js';
import { durable } from '../../scripts/private-servers/redis.js';
import { launchMongo } from '../../scripts/services/mongo.js';
import { launchPostgres } from '../../scripts/services/postgres.js';
import { launchRedis } from '../../scripts/services/redis.js';

/** A server of one test's own that may be killed. */
export interface PrivateServer {
  readonly url: string;
  kill9(): Promise<void>;
  /** Stands still without a word to anybody, until `goOn`. */
  standStill(): Promise<void>;
  goOn(): Promise<void>;
  /** The same address and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Launched {
  readonly url: string;
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param args - more arguments of redis-server; by default it keeps what it has confirmed */
export function privateRedis(args: readonly string[] = durable): Promise<PrivateServer> {
  return launched('redis', (dir) => launchRedis({ dir, args }));
}

/** A PostgreSQL as durable as it is by default. */
export function privatePostgres(): Promise<PrivateServer> {
  return launched('postgres', (dir) => launchPostgres({ dir }));
}

/** A MongoDB, or what stands for it. */
export function privateMongo(): Promise<PrivateServer> {
  return launched('mongo', (dir) => launchMongo({ dir }));
}

async function launched(
  name: string,
  launch: (dir: string) => Promise<Launched>,
): Promise<PrivateServer> {
  const { server, dispose } = await inOwnDir(name, launch);
  return {
    url: server.url,
    kill9: () => server.kill('SIGKILL'),
    standStill: () => server.kill('SIGSTOP'),
    goOn: () => server.kill('SIGCONT'),
    restart: () => server.restart(),
    stop: dispose,
  };
}
