import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePorts } from './ports.js';
import { launchRedis, type RedisInstance } from './redis.js';
import { asArgs, type RedisCertificates, tlsSettings } from './redis-tls.js';
import { waitFor } from './wait.js';

export interface RedisClusterOptions {
  /** Data and logs; used by this Cluster alone. */
  readonly dir: string;
  /** Default 3. */
  readonly masters?: number;
  /** Of each master. Default 1. */
  readonly replicas?: number;
  /** A node that is silent for so long has failed, in milliseconds. Default 1,000. */
  readonly nodeTimeoutMs?: number;
  /** All speak TLS, to one another as well. Default: plain. */
  readonly certificates?: RedisCertificates;
  /** More arguments of all servers. */
  readonly serverArgs?: readonly string[];
  /** True: outlives this program. Default: dies with it. */
  readonly detached?: boolean;
}

/** A Redis Cluster of our own. */
export interface RedisCluster {
  /** `redis-cluster://host:port,host:port` */
  readonly url: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Their `url` is plain and open to the default user, also where TLS is spoken. First the masters as it was started, then replicas: the first of each master, then the second... */
  readonly nodes: readonly RedisInstance[];
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const slotCount = 16_384;

/** Resolves when every slot is served and every replica is in step. */
export async function launchRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { masters = 3, replicas = 1 } = options;
  const members: Member[] = [];
  const stop = async (): Promise<void> => {
    for (const { redis } of members) await redis.kill('SIGCONT').catch(() => undefined);
    await Promise.all(members.map(({ redis }) => redis.stop()));
  };
  try {
    while (members.length < masters * (1 + replicas)) {
      members.push(await launchMember(options, members.length));
    }
    await formCluster(members, masters);
  } catch (error) {
    await stop();
    throw error;
  }
  const addresses = members.map(({ port }) => ({ host, port }));
  const url = `redis-cluster://${addresses.map(({ port }) => `${host}:${port}`).join(',')}`;
  return { url, addresses, nodes: members.map(({ redis }) => redis), stop };
}

/** Whether some node that the URL names says that every slot is served. */
export async function redisClusterAnswers(url: string): Promise<boolean> {
  const named = url.replace(/^redis-cluster:\/\//, '').split(',');
  for (const address of named) {
    const state = await ask(`redis://${address}`, ['cluster', 'info']).catch(() => undefined);
    if (state !== undefined) return isWhole(state);
  }
  return false;
}

interface Member {
  readonly redis: RedisInstance;
  /** Where clients and the others reach it. */
  readonly port: number;
  readonly busPort: number;
}

async function launchMember(options: RedisClusterOptions, index: number): Promise<Member> {
  const { nodeTimeoutMs = 1_000, serverArgs = [], detached = false, certificates } = options;
  const dir = join(options.dir, `node-${index + 1}`);
  mkdirSync(dir, { recursive: true });
  const [plainPort = 0, tlsPort = 0, busPort = 0] = await freePorts([0, 0, 0]);
  const tls =
    certificates === undefined
      ? {}
      : { ...tlsSettings(tlsPort, certificates), 'tls-replication': 'yes', 'tls-cluster': 'yes' };
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': String(nodeTimeoutMs),
    'repl-diskless-sync-delay': '0',
    ...tls,
  };
  const redis = await launchRedis({
    ...{ dir, port: plainPort, detached, args: [...asArgs(settings), ...serverArgs] },
    answers: async (url) => (await ask(url, ['ping'])) === 'PONG',
  });
  return { redis, port: certificates === undefined ? plainPort : tlsPort, busPort };
}

/** Makes one Cluster of the members: slots in equal parts to the masters, the others their replicas. */
async function formCluster(members: readonly Member[], masters: number): Promise<void> {
  const [first] = members;
  for (const [i, { redis, port, busPort }] of members.entries()) {
    await ask(redis.url, ['cluster', 'set-config-epoch', i + 1]);
    if (i < masters) {
      const [from, end] = [i, i + 1].map((part) => Math.floor((part * slotCount) / masters));
      await ask(redis.url, ['cluster', 'addslotsrange', from ?? 0, (end ?? 0) - 1]);
    }
    if (first !== undefined) await ask(first.redis.url, ['cluster', 'meet', host, port, busPort]);
  }
  const wait = { timeoutMs: 30_000 };
  for (const { redis } of members) {
    const meets = async (): Promise<boolean> => (await nodesSeenBy(redis.url)) === members.length;
    await waitFor(`${redis.url} to meet all`, meets, wait);
  }
  for (const [i, { redis }] of members.slice(masters).entries()) {
    const master = members[i % masters];
    const id = String(await ask(master?.redis.url ?? '', ['cluster', 'myid']));
    await ask(redis.url, ['cluster', 'replicate', id]);
  }
  for (const [i, { redis }] of members.entries()) {
    const settled = async (): Promise<boolean> =>
      isWhole(await ask(redis.url, ['cluster', 'info'])) &&
      (i < masters || isInStep(await ask(redis.url, ['role'])));
    await waitFor(`${redis.url} to be in step`, settled, wait);
  }
}

async function nodesSeenBy(url: string): Promise<number> {
  const lines = String(await ask(url, ['cluster', 'nodes'])).trim();
  return lines.split('\n').filter((line) => !line.includes('handshake')).length;
}

function isWhole(clusterInfo: unknown): boolean {
  return /cluster_state:ok/.test(String(clusterInfo));
}

function isInStep(role: unknown): boolean {
  return Array.isArray(role) && role[0] === 'slave' && role[3] === 'connected';
}

async function ask(url: string, [name, ...args]: [string, ...(string | number)[]]) {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
  });
  // Every failure also rejects a call below.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await redis.call(name, ...args);
  } finally {
    redis.disconnect();
  }
}
