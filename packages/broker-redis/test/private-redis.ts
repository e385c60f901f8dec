import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { launchRedis, type RedisInstance } from '../../../scripts/services/redis.js';
import {
  launchRedisCluster,
  type RedisCluster,
  type RedisClusterOptions,
} from '../../../scripts/services/redis-cluster.js';
import { launchSecureRedis, type SecureRedis } from '../../../scripts/services/redis-secure.js';
import {
  launchRedisGroup,
  type RedisGroup,
  type RedisGroupOptions,
} from '../../../scripts/services/redis-sentinel.js';
import { makeRedisCertificates } from '../../../scripts/services/redis-tls.js';

/** A Redis of our own and the way to be rid of it. */
export interface PrivateRedis {
  readonly redis: RedisInstance;
  dispose(): Promise<void>;
}

/** Starts a Redis that the tests may disturb and kill. */
export async function startPrivateRedis(args: readonly string[] = []): Promise<PrivateRedis> {
  const dir = await ownDir();
  const redis = await launchRedis({ dir, args });
  return { redis, dispose: () => endOf(redis, dir) };
}

/** The same for one test; gone when that has finished. */
export async function privateRedis(args: readonly string[] = []): Promise<RedisInstance> {
  const { redis, dispose } = await startPrivateRedis(args);
  onTestFinished(dispose);
  return redis;
}

/** One that speaks TLS and has a user with a password. */
export async function startSecureRedis(
  options: { readonly askClients?: boolean } = {},
): Promise<SecureRedis & PrivateRedis> {
  const dir = await ownDir();
  const secure = await launchSecureRedis({ dir, ...options });
  return { ...secure, dispose: () => endOf(secure.redis, dir) };
}

/** A master, its replica and Sentinels for one test. */
export async function privateGroup(options: Omit<RedisGroupOptions, 'dir'>): Promise<RedisGroup> {
  const dir = await ownDir();
  const group = await launchRedisGroup({ dir, ...options });
  onTestFinished(async () => {
    await group.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return group;
}

/** A Cluster that the tests may disturb, and the way to be rid of it. */
export async function startCluster(
  options: Omit<RedisClusterOptions, 'dir'> = {},
): Promise<{ readonly cluster: RedisCluster; dispose(): Promise<void> }> {
  const dir = await ownDir();
  const cluster = await launchRedisCluster({ dir, ...options });
  const dispose = async (): Promise<void> => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { cluster, dispose };
}

/** What the README says that a broker needs on a Cluster. */
const rights =
  'resetkeys resetchannels &rn:* -@all +info +client|setname +spublish +ssubscribe +sunsubscribe +cluster|slots +cluster|info';

/** One that speaks TLS and has a user with a password, and with no more rights than it needs. */
export async function startSecureCluster() {
  const dir = await ownDir();
  const certificates = await makeRedisCertificates(dir);
  const user = { username: 'app', password: 'a-l0ng-pw' };
  const serverArgs = ['--user', user.username, 'on', `>${user.password}`, ...rights.split(' ')];
  const { cluster, dispose } = await startCluster({ certificates, serverArgs });
  const address = { cluster: { nodes: cluster.addresses }, ...user, tls: { ca: certificates.ca } };
  return {
    cluster,
    address,
    dispose: async (): Promise<void> => {
      await dispose();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A plain one for one test. */
export async function privateCluster(
  options: Omit<RedisClusterOptions, 'dir'> = {},
): Promise<RedisCluster> {
  const { cluster, dispose } = await startCluster(options);
  onTestFinished(dispose);
  return cluster;
}

const ownDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'rn-redis-'));

async function endOf(redis: RedisInstance, dir: string): Promise<void> {
  await redis.kill('SIGCONT').catch(() => undefined);
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
}
