import type { Redis } from 'ioredis';
import type { PrivateRedis } from '../../../scripts/private-servers/redis.js';
import type { RedisInstance } from '../../../scripts/services/redis.js';
import { adminClient } from './test-redis.js';

/** Short leases, and patience with a machine that is busy with other things. */
export const quickLease = { leaseMs: 600, commandTimeoutMs: 2_000, maxReconnectDelayMs: 100 };

/** All that a directory may do, and needs to, on a Cluster; said to Redis after a user's name. */
export const clusterRights =
  '~rn:sse_* -@all +info +client|setname +script|load +evalsha +time +hmget +hset +hdel +hlen +sadd +srem ' +
  '+spop +scard +smembers +zadd +zrem +zscore +zrangebyscore +cluster|slots +cluster|info +asking';

type Running = Pick<PrivateRedis, 'redis'>;

export async function asAdmin<T>({ redis }: Running, work: (admin: Redis) => Promise<T>) {
  const admin = adminClient(redis.url);
  return work(admin).finally(() => admin.disconnect());
}

/** The users of whom the directory holds an entry, as the keys of Redis show it. */
export function usersHeld(own: Running): Promise<readonly string[]> {
  return asAdmin(own, async (admin) => {
    const keys = await admin.keys('rn:sse_connections:*');
    const users = await Promise.all(keys.map((key) => admin.hkeys(key)));
    return users.flat();
  });
}

/** The same of several, as the masters of a Cluster. */
export async function usersHeldAt(masters: readonly RedisInstance[]): Promise<readonly string[]> {
  const held = await Promise.all(masters.map((redis) => usersHeld({ redis })));
  return held.flat();
}
