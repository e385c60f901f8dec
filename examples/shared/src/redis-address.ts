import type { RedisCluster, RedisLogin } from '@realtime-notify/store-redis';

/** Where the Redis is, as both adapters take it. */
export type ExampleRedis =
  | { readonly url: string }
  | (RedisLogin & { readonly cluster: RedisCluster });

const cluster = /^redis-cluster:\/\/(?:([^:@]*):([^@]*)@)?([^/]+)$/;

/**
 * What `REDIS_URL` means: a URL of one server, or `redis-cluster://[user:password@]host:port,host:port`
 * for some nodes of a Cluster.
 */
export function redisAddress(url: string): ExampleRedis {
  const [, username, password, list] = cluster.exec(url) ?? [];
  if (list === undefined) return { url };
  const nodes = list.split(',').map((node) => {
    const { hostname: host, port } = new URL(`redis://${node}`);
    return { host, port: Number(port || 6_379) };
  });
  return {
    cluster: { nodes },
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  };
}
