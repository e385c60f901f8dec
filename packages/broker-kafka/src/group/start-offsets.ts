import type { ClusterLinks, TopicLayout } from '../cluster-links.js';
import { partitionError } from '../kafka-errors.js';
import { listOffsets } from '../list-offsets.js';
import type { FetchPlace } from '../node-connection.js';
import { type GroupCoordinator, isRefusedByGroup } from './group-coordinator.js';
import type { MemberIdentity, Partitions } from './group-link.js';

/** Where a group begins in a Kafka topic of which it never committed anything. */
export type StartAt = 'earliest' | 'latest';

export interface StartContext {
  readonly coordinator: GroupCoordinator;
  readonly links: ClusterLinks;
  layout(topic: string): Promise<TopicLayout>;
  protocolError(code: number): Error;
}

/**
 * Commits a place for every partition that has none, as somebody who is no member: Kafka takes that while
 * nobody is in the group. Where somebody is, the members see to it.
 */
export async function commitStarts(
  context: StartContext,
  topics: readonly string[],
  from: StartAt,
): Promise<void> {
  const { missing } = await findPlaces(context, await allPartitions(context, topics), from);
  if (missing.length === 0) return;
  await context.coordinator
    .ask((link) => link.commit(undefined, missing))
    .catch((error: unknown) => {
      if (!isRefusedByGroup(error)) throw error;
    });
}

/** Where to read on in the partitions that a member has; what had no place gets one that is committed. */
export async function placesOf(
  context: StartContext,
  member: MemberIdentity,
  partitions: Partitions,
  from: StartAt,
): Promise<readonly FetchPlace[]> {
  const { known, missing } = await findPlaces(context, partitions, from);
  if (missing.length > 0) {
    await context.coordinator.ask((link) => link.commit(member, missing));
  }
  return [...known, ...missing];
}

export async function allPartitions(
  { layout }: Pick<StartContext, 'layout'>,
  topics: readonly string[],
): Promise<Partitions> {
  const all: Record<string, readonly number[]> = {};
  for (const topic of topics) {
    all[topic] = [...(await layout(topic)).leaders.keys()].sort((one, other) => one - other);
  }
  return all;
}

async function findPlaces(context: StartContext, partitions: Partitions, from: StartAt) {
  const { coordinator } = context;
  const everywhere = await allPartitions(context, Object.keys(partitions));
  const committed = await coordinator.ask((link) => link.committed(everywhere));
  const known: FetchPlace[] = [];
  const missing: FetchPlace[] = [];
  for (const [topic, numbers] of Object.entries(partitions)) {
    const places = committed.filter((place) => place.topic === topic);
    known.push(...places.filter(({ partition }) => numbers.includes(partition)));
    const absent = numbers.filter((each) => !places.some(({ partition }) => partition === each));
    if (absent.length === 0) continue;
    // A group that knows the Kafka topic must not miss what came into a new partition of it.
    const at = places.length > 0 ? 'earliest' : from;
    missing.push(...(await ends(context, topic, absent, at)));
  }
  return { known, missing };
}

async function ends(
  { links, layout, protocolError }: StartContext,
  topic: string,
  partitions: readonly number[],
  at: StartAt,
): Promise<readonly FetchPlace[]> {
  const { leaders } = await layout(topic);
  const found = await listOffsets(links, topic, partitions, leaders, at);
  return found.map(({ partition, errorCode, offset }) => {
    if (errorCode !== partitionError.none) throw protocolError(errorCode);
    return { topic, partition, offset };
  });
}

/** The first record that is kept of one partition. */
export async function firstKept(
  context: StartContext,
  topic: string,
  partition: number,
): Promise<number> {
  const [place] = await ends(context, topic, [partition], 'earliest');
  if (place === undefined)
    throw new Error(`partition ${partition} of ${topic} was not answered for`);
  return place.offset;
}
