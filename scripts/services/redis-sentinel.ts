import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { manageProcess } from './managed-process.js';
import { freePort } from './ports.js';
import { launchRedis, type RedisInstance, redisProgram } from './redis.js';
import { asArgs, type RedisCertificates, tlsSettings } from './redis-tls.js';
import { waitFor } from './wait.js';

export interface RedisGroupOptions {
  /** Data and logs; used by this group alone. */
  readonly dir: string;
  readonly sentinels: number;
  /** More arguments of both servers. */
  readonly serverArgs?: readonly string[];
  /** Of the Sentinels; default none. */
  readonly sentinelPassword?: string;
  /** All speak TLS, to one another as well. Default: plain. */
  readonly certificates?: RedisCertificates;
}

/** A master with one replica, watched by Sentinels. */
export interface RedisGroup {
  /** What the Sentinels call it. */
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** The master as the group was started; its `url` is plain and open to its default user. */
  readonly master: RedisInstance;
  readonly replica: RedisInstance;
  stop(): Promise<void>;
}

const name = 'main';
const host = '127.0.0.1';

/** Starts a group of our own; resolves when the replica has the master's data and all know of all. */
export async function launchRedisGroup(options: RedisGroupOptions): Promise<RedisGroup> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((process) => process.stop()));
  };
  try {
    const master = await launchServer(options, 'master');
    started.push(master);
    const replica = await launchServer(options, 'replica', master.port);
    started.push(replica);
    const sentinels: { host: string; port: number }[] = [];
    while (sentinels.length < options.sentinels) {
      const sentinel = await launchSentinel(options, master.port, sentinels.length);
      started.push(sentinel);
      sentinels.push({ host, port: sentinel.port });
    }
    for (const { port } of sentinels) {
      await waitFor(`Sentinel ${port} to know all`, () => knowsAll(port, options), {
        timeoutMs: 30_000,
      });
    }
    return { name, sentinels, master: master.redis, replica: replica.redis, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Member {
  /** Where the others reach it. */
  readonly port: number;
  stop(): Promise<void>;
}

async function launchServer(
  { dir, serverArgs = [], certificates }: RedisGroupOptions,
  role: 'master' | 'replica',
  masterPort?: number,
): Promise<Member & { readonly redis: RedisInstance }> {
  const tlsPort = await freePort(0);
  const tls =
    certificates === undefined
      ? {}
      : { ...tlsSettings(tlsPort, certificates), 'tls-replication': 'yes' };
  const args = [...asArgs(tls), '--repl-diskless-sync-delay', '0', ...serverArgs];
  const own = join(dir, role);
  mkdirSync(own, { recursive: true });
  const redis = await launchRedis({ dir: own, args });
  // Only now: a server counts as started when it can be written to.
  if (masterPort !== undefined) await follow(redis.url, masterPort);
  const port = certificates === undefined ? Number(new URL(redis.url).port) : tlsPort;
  const stop = async (): Promise<void> => {
    await redis.kill('SIGCONT').catch(() => undefined);
    await redis.stop();
  };
  return { redis, port, stop };
}

async function follow(url: string, masterPort: number): Promise<void> {
  const redis = new Redis(url, { commandTimeout: 5_000 });
  // Every failure also rejects the call.
  redis.on('error', () => undefined);
  await redis.replicaof(host, masterPort).finally(() => redis.disconnect());
}

/** A Sentinel keeps what it learns in its configuration file, so it has one of its own. */
async function launchSentinel(
  { dir, sentinels, sentinelPassword, certificates }: RedisGroupOptions,
  masterPort: number,
  index: number,
): Promise<Member> {
  const own = join(dir, `sentinel-${index}`);
  mkdirSync(own, { recursive: true });
  const port = await freePort(0);
  const listening =
    certificates === undefined
      ? { port: String(port) }
      : { port: '0', ...tlsSettings(port, certificates), 'tls-replication': 'yes' };
  const lines = [
    ...Object.entries({ bind: host, dir: own, ...listening }).map((pair) => pair.join(' ')),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
    `sentinel monitor ${name} ${host} ${masterPort} ${Math.floor(sentinels / 2) + 1}`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 5000`,
  ];
  const config = join(own, 'sentinel.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const program = await redisProgram();
  const process = manageProcess({
    command: program.command,
    env: program.env,
    args: [config, '--sentinel'],
    cwd: own,
    log: join(own, 'sentinel.log'),
  });
  await process.start();
  return { port, stop: process.stop };
}

/** Whether this Sentinel sees the master, its replica in step, and all other Sentinels. */
async function knowsAll(
  port: number,
  { sentinels, sentinelPassword, certificates }: RedisGroupOptions,
): Promise<boolean> {
  const sentinel = new Redis({
    host,
    port,
    ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
    ...(certificates === undefined ? {} : { tls: { ca: certificates.ca } }),
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
  });
  // Every failure also rejects a call below.
  sentinel.on('error', () => undefined);
  try {
    await sentinel.connect();
    const master = facts(await sentinel.call('sentinel', 'master', name));
    const replicas = await sentinel.call('sentinel', 'replicas', name);
    const [replica] = Array.isArray(replicas) ? replicas.map(facts) : [];
    return (
      master.get('flags') === 'master' &&
      master.get('num-other-sentinels') === String(sentinels - 1) &&
      replica?.get('flags') === 'slave' &&
      replica.get('master-link-status') === 'ok'
    );
  } finally {
    sentinel.disconnect();
  }
}

/** What `[name, value, name, value ...]` says. */
function facts(reply: unknown): Map<unknown, unknown> {
  const flat: unknown[] = Array.isArray(reply) ? reply : [];
  return new Map(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]]] : [])));
}
