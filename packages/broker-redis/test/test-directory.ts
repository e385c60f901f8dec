import type { Redis } from 'ioredis';
import type { PrivateRedis } from './private-redis.js';
import { adminClient } from './test-redis.js';

/** Short leases, and patience with a machine that is busy with other things. */
export const quickLease = { leaseMs: 600, commandTimeoutMs: 2_000, maxReconnectDelayMs: 100 };

export async function asAdmin<T>({ redis }: PrivateRedis, work: (admin: Redis) => Promise<T>) {
  const admin = adminClient(redis.url);
  return work(admin).finally(() => admin.disconnect());
}

/** The users of whom the directory holds an entry, as the keys of Redis show it. */
export function usersHeld(own: PrivateRedis): Promise<readonly string[]> {
  return asAdmin(own, async (admin) => {
    const keys = await admin.keys('rn:sse_connections:*');
    const users = await Promise.all(keys.map((key) => admin.hkeys(key)));
    return users.flat();
  });
}
