import { Redis } from 'ioredis';

/** The Redis that `npm run services -- up` leaves running. */
export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:16379';

/** Keys of this run only, so that nothing needs flushing and runs do not meet. */
export const runPrefix = `rn-test-${process.pid}-${Date.now()}:`;

/** Rejects with what to do where Redis is not there. */
export async function redisMustAnswer(): Promise<void> {
  const redis = adminClient(redisUrl);
  try {
    await redis.ping();
  } catch (cause) {
    throw new Error('Redis is not reachable: start it with: npm run services -- up', { cause });
  } finally {
    redis.disconnect();
  }
}

/** A plain client to look at the server and to disturb it. */
export function adminClient(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: 2_000 });
  // Every failure rejects a call too.
  redis.on('error', () => undefined);
  return redis;
}
