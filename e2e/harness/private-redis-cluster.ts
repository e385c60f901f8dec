import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { launchRedisCluster, type RedisCluster } from '../../scripts/services/redis-cluster.js';

/** A Redis Cluster for one test, whose nodes may be killed. */
export async function privateRedisCluster(serverArgs: readonly string[]): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'realtime-notify-cluster-'));
  const cluster = await launchRedisCluster({ dir, serverArgs });
  onTestFinished(async () => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return cluster;
}
