import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { launchRedis, type RedisInstance } from '../../../scripts/services/redis.js';

/** A Redis of our own and the way to be rid of it. */
export interface PrivateRedis {
  readonly redis: RedisInstance;
  dispose(): Promise<void>;
}

/** Starts a Redis that the tests may disturb and kill. */
export async function startPrivateRedis(args: readonly string[] = []): Promise<PrivateRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'rn-redis-'));
  const redis = await launchRedis({ dir, args });
  const dispose = async (): Promise<void> => {
    await redis.kill('SIGCONT').catch(() => undefined);
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { redis, dispose };
}

/** The same for one test; gone when that has finished. */
export async function privateRedis(args: readonly string[] = []): Promise<RedisInstance> {
  const { redis, dispose } = await startPrivateRedis(args);
  onTestFinished(dispose);
  return redis;
}
