import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisDirectory } from '../../packages/broker-redis/src/index.js';
import type { Directory } from '../../packages/core/src/index.js';

/** A look at the directory from outside: through its port, and at its keys in Redis. */
export class DirectoryView {
  readonly #redis: Redis;
  readonly #directory: Directory;

  private constructor(redis: Redis, directory: Directory) {
    this.#redis = redis;
    this.#directory = directory;
  }

  static async open(url: string): Promise<DirectoryView> {
    const directory = redisDirectory({ url });
    const ignore = (): void => {};
    const sink = { resync: ignore, presence: ignore, status: ignore };
    await directory.start(randomUUID(), sink, { publishOnly: true });
    return new DirectoryView(new Redis(url), directory);
  }

  where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    return this.#directory.where(userIds);
  }

  /** How many of the users the directory places on just this node. */
  async countAt(nodeId: string, userIds: readonly string[]): Promise<number> {
    const found = await this.where(userIds);
    return found.filter((nodeIds) => nodeIds.join() === nodeId).length;
  }

  /** The keys, fields and members in which a node's id stands, whatever is answered about them. */
  async traces(nodeId: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const key of await this.#redis.keys('rn:sse_*')) {
      if (key.endsWith(`:${nodeId}`)) found.push(key);
      else if (key.startsWith('rn:sse_leases:')) {
        if ((await this.#redis.zscore(key, nodeId)) !== null) found.push(`${key} ${nodeId}`);
      } else if (key.startsWith('rn:sse_connections:')) {
        const entries = Object.entries(await this.#redis.hgetall(key));
        const held = entries.filter(([, value]) => value.split(' ').includes(nodeId));
        found.push(...held.map(([user]) => `${key} ${user}`));
      }
    }
    return found;
  }

  /** All that have leases, ended or not. */
  async nodes(): Promise<readonly string[]> {
    const keys = await this.#redis.keys('rn:sse_leases:*');
    const members = await Promise.all(keys.map((key) => this.#redis.zrange(key, '0', '-1')));
    return [...new Set(members.flat())];
  }

  /** When the node's leases end, the earliest, in milliseconds by the clock of Redis. */
  async leaseEnds(nodeId: string): Promise<number> {
    const keys = await this.#redis.keys('rn:sse_leases:*');
    const scores = await Promise.all(keys.map((key) => this.#redis.zscore(key, nodeId)));
    return Math.min(...scores.map(Number));
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    await this.#directory.close();
  }
}
