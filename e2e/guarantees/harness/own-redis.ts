import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { type PrivateServer, privateRedis } from '../../harness/private-servers.js';

/** Nothing is written to disk but by SAVE. */
export const volatile = ['--appendonly', 'no', '--save', ''];

/** A Redis for one test, and a connection of our own to it. */
export async function redisFor(
  args?: readonly string[],
): Promise<{ redis: PrivateServer; admin: Redis }> {
  const redis = await privateRedis(args);
  onTestFinished(redis.stop);
  const admin = new Redis(redis.url);
  // It comes and goes.
  admin.on('error', () => undefined);
  onTestFinished(() => admin.disconnect());
  return { redis, admin };
}
