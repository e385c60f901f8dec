import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** One round trip that proves reading and writing: PING, SET, GET. */
export async function redisAnswers(url: string): Promise<boolean> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
  });
  // Every failure also rejects the call below; without a listener ioredis prints it.
  redis.on('error', () => undefined);
  const key = `services-probe:${randomUUID()}`;
  try {
    await redis.connect();
    await redis.ping();
    await redis.set(key, key, 'PX', 10_000);
    const read = await redis.get(key);
    await redis.del(key);
    return read === key;
  } finally {
    redis.disconnect();
  }
}
