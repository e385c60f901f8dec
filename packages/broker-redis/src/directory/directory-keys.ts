/** How many parts the directory has. Part of the format: all nodes must agree. */
export const shardCount = 16;

/** The Redis keys of one part of the directory; their hash tag keeps them on one node of a Cluster. */
export interface ShardKeys {
  /** Hash: user id -> the ids of the nodes that hold the user, a space between. */
  readonly connections: string;
  /** Sorted set: node id -> when its lease ends, in milliseconds by the clock of Redis. */
  readonly leases: string;
  /** Set: the users that a node holds, so that they can be taken out without looking at all others. */
  heldBy(nodeId: string): string;
}

export function shardKeys(prefix: string, shard: number): ShardKeys {
  const tag = `{${shard}}`;
  return {
    connections: `${prefix}sse_connections:${tag}`,
    leases: `${prefix}sse_leases:${tag}`,
    heldBy: (nodeId) => `${prefix}sse_held:${tag}:${nodeId}`,
  };
}

/** The part in which a user stands: FNV-1a over the bytes of the id. */
export function shardOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(userId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % shardCount;
}
