import { launchRedis, type RedisInstance } from '../services/redis.js';
import {
  launchRedisCluster,
  type RedisCluster,
  type RedisClusterOptions,
} from '../services/redis-cluster.js';
import { launchSecureRedis, type SecureRedis } from '../services/redis-secure.js';
import {
  launchRedisGroup,
  type RedisGroup,
  type RedisGroupOptions,
} from '../services/redis-sentinel.js';
import { forOneTest, inOwnDir } from './own-dir.js';

/** What makes every accepted write outlive kill -9. */
export const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A Redis that tests may disturb and kill, and the way to be rid of it. */
export interface PrivateRedis {
  readonly redis: RedisInstance;
  dispose(): Promise<void>;
}

export async function startPrivateRedis(args: readonly string[] = []): Promise<PrivateRedis> {
  const { server: redis, dispose } = await inOwnDir('redis', (dir) => launchRedis({ dir, args }));
  return { redis, dispose };
}

/** One for one test. */
export function privateRedis(args: readonly string[] = []): Promise<RedisInstance> {
  return forOneTest(inOwnDir('redis', (dir) => launchRedis({ dir, args })));
}

/** One that speaks TLS and has a user with a password. */
export async function startSecureRedis(
  options: { readonly askClients?: boolean } = {},
): Promise<SecureRedis & PrivateRedis> {
  const { server, dispose } = await inOwnDir('redis', async (dir) => {
    const secure = await launchSecureRedis({ dir, ...options });
    return { secure, stop: secure.redis.stop, kill: secure.redis.kill };
  });
  return { ...server.secure, dispose };
}

/** A master, its replica and Sentinels for one test. */
export function privateGroup(options: Omit<RedisGroupOptions, 'dir'>): Promise<RedisGroup> {
  return forOneTest(inOwnDir('sentinel', (dir) => launchRedisGroup({ dir, ...options })));
}

/** A Cluster that tests may disturb, and the way to be rid of it. */
export interface PrivateCluster {
  readonly cluster: RedisCluster;
  dispose(): Promise<void>;
}

export async function startCluster(
  options: Omit<RedisClusterOptions, 'dir'> = {},
): Promise<PrivateCluster> {
  const launch = (dir: string) => launchRedisCluster({ dir, ...options });
  const { server: cluster, dispose } = await inOwnDir('cluster', launch);
  return { cluster, dispose };
}

/** One for one test. */
export function privateCluster(
  options: Omit<RedisClusterOptions, 'dir'> = {},
): Promise<RedisCluster> {
  return forOneTest(inOwnDir('cluster', (dir) => launchRedisCluster({ dir, ...options })));
}
