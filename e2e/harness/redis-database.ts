import { Redis } from 'ioredis';
import { serviceAddress } from './service-address.js';

/** A database of the shared Redis that is a test's own: `all` is one channel for everybody in it. */
export interface RedisDatabase {
  readonly url: string;
  /** Empties it for the next one. */
  release(): Promise<void>;
}

/** Takes an empty database other than 0, so that runs side by side do not hear one another. */
export async function redisDatabase(): Promise<RedisDatabase> {
  const redis = new Redis(serviceAddress('REDIS_URL'), { maxRetriesPerRequest: 2 });
  // Every failure also rejects the call below; without a listener ioredis prints it.
  redis.on('error', () => undefined);
  for (let index = 1; index < 16; index += 1) {
    await redis.select(index);
    const taken = await redis.set('e2e-run', 'taken', 'EX', 900, 'NX');
    if (taken !== 'OK') continue;
    if ((await redis.dbsize()) > 1) {
      await redis.del('e2e-run');
      continue;
    }
    const url = new URL(serviceAddress('REDIS_URL'));
    url.pathname = `/${index}`;
    return {
      url: url.href,
      async release() {
        await redis.flushdb();
        redis.disconnect();
      },
    };
  }
  redis.disconnect();
  throw new Error(
    'no empty database is left in this Redis; npm run services -- down and up empties it',
  );
}
