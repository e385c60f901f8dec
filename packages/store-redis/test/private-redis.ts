import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { launchRedis, type RedisInstance } from '../../../scripts/services/redis.js';

/** What makes every accepted write outlive kill -9. */
export const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A Redis of this test's own, which it may kill; gone when the test has finished. */
export async function privateRedis(args: readonly string[] = []): Promise<RedisInstance> {
  const dir = await mkdtemp(join(tmpdir(), 'rn-redis-'));
  const redis = await launchRedis({ dir, args });
  onTestFinished(async () => {
    await redis.kill('SIGCONT').catch(() => undefined);
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return redis;
}
