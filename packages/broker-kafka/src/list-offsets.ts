import type { ClusterLinks } from './cluster-links.js';
import type { NodeConnection } from './node-connection.js';

/** Asks the leaders for the end or the beginning of partitions. Rejects where one has no leader. */
export async function listOffsets(
  links: ClusterLinks,
  topic: string,
  partitions: readonly number[],
  leaders: ReadonlyMap<number, number>,
  at: 'earliest' | 'latest',
): ReturnType<NodeConnection['listOffsets']> {
  const byLeader = new Map<number, number[]>();
  for (const partition of partitions) {
    const leader = leaders.get(partition) ?? -1;
    if (leader < 0) throw new Error(`partition ${partition} of ${topic} has no leader`);
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
  }
  const asking = [...byLeader].map(async ([leader, led]) => {
    const node = await links.node(leader);
    try {
      return await node.listOffsets(topic, led, at);
    } catch (error) {
      await links.drop(leader, node);
      throw error;
    }
  });
  return (await Promise.all(asking)).flat();
}
