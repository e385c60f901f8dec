import type { GroupMember, Partitions } from './group-link.js';

/** What a member tells the leader when it joins. */
export interface MemberMetadata {
  readonly topics: readonly string[];
  /** What it had before, and since which generation. */
  readonly owned: Partitions;
  readonly generation: number;
}

/**
 * Divides partitions among the members that subscribe to their Kafka topic: evenly, and everybody keeps
 * what it has as far as that allows, so that a member that comes or goes disturbs no other's work.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitions: Partitions,
): ReadonlyMap<string, Partitions> {
  const shares = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
  const load = new Map(members.map(({ memberId }) => [memberId, 0]));
  const newestFirst = [...members].sort(
    (one, other) => other.generation - one.generation || (one.memberId < other.memberId ? -1 : 1),
  );
  for (const topic of Object.keys(partitions).sort()) {
    const subscribers = newestFirst.filter(({ topics }) => topics.includes(topic));
    for (const [memberId, share] of divide(topic, partitions[topic] ?? [], subscribers, load)) {
      shares.get(memberId)?.set(topic, share);
      load.set(memberId, (load.get(memberId) ?? 0) + share.length);
    }
  }
  return new Map([...shares].map(([memberId, share]) => [memberId, Object.fromEntries(share)]));
}

/** One Kafka topic; of two that claim a partition the first has it. */
function divide(
  topic: string,
  partitions: readonly number[],
  subscribers: readonly GroupMember[],
  load: ReadonlyMap<string, number>,
): ReadonlyMap<string, number[]> {
  const shares = new Map(subscribers.map(({ memberId }) => [memberId, [] as number[]]));
  if (subscribers.length === 0) return shares;
  const least = Math.floor(partitions.length / subscribers.length);
  let oneMore = partitions.length % subscribers.length;
  const left = new Set(partitions);
  for (const { memberId, owned } of subscribers) {
    const kept = (owned[topic] ?? []).filter((partition) => left.has(partition));
    const room = kept.length > least && oneMore > 0 ? least + 1 : least;
    if (room > least) oneMore -= 1;
    for (const partition of kept.slice(0, room)) {
      left.delete(partition);
      shares.get(memberId)?.push(partition);
    }
  }
  for (const partition of left) {
    const [poorest] = [...shares].sort(
      ([one, its], [other, others]) =>
        its.length - others.length ||
        (load.get(one) ?? 0) - (load.get(other) ?? 0) ||
        (one < other ? -1 : 1),
    );
    poorest?.[1].push(partition);
  }
  for (const share of shares.values()) share.sort((one, other) => one - other);
  return shares;
}
