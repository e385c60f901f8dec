import type { Broker } from 'kafkajs/src/cluster/index.js';
import { byTopic, type FetchPlace } from '../node-connection.js';
import type { MemberMetadata } from './assign-partitions.js';

/** Kafka topics and partitions of them. */
export type Partitions = Readonly<Record<string, readonly number[]>>;

/** As whom a member speaks: what it says counts until the group changes. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly generation: number;
}

/** A group that was joined; its leader has to divide the partitions. */
export interface JoinedGroup extends MemberIdentity {
  /** Absent where another member leads. */
  readonly members: readonly GroupMember[] | undefined;
}

/** A member as the leader sees it. */
export interface GroupMember extends MemberMetadata {
  readonly memberId: string;
}

/** How members and assignments are written. */
export interface GroupCodec {
  encodeMember(member: MemberMetadata): Buffer;
  decodeMember(bytes: Buffer): MemberMetadata;
  encodeAssignment(assignment: Partitions): Buffer;
  decodeAssignment(bytes: Buffer): Partitions;
}

/**
 * The coordinator of one consumer group, over a connection of its own: Kafka answers in order, and a join
 * takes as long as the slowest member. All reject with the driver's error, Kafka's own word as `type`.
 */
export interface GroupLink {
  /** @param memberId - empty for a new member */
  join(memberId: string, metadata: MemberMetadata): Promise<JoinedGroup>;
  /** Resolves with what this member has. `shares` are the leader's to give. */
  sync(member: MemberIdentity, shares: ReadonlyMap<string, Partitions>): Promise<Partitions>;
  heartbeat(member: MemberIdentity): Promise<void>;
  leave(memberId: string): Promise<void>;
  /** Without a member: for a group that nobody is in, else Kafka refuses. */
  commit(member: MemberIdentity | undefined, places: readonly FetchPlace[]): Promise<void>;
  /** Where the group goes on; without those that it never committed. */
  committed(partitions: Partitions): Promise<readonly FetchPlace[]>;
  close(): Promise<void>;
}

export interface GroupLinkSettings {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** Members with another way of sharing partitions cannot be in the same group. */
const protocolName = 'realtime-notify';
const noMember: MemberIdentity = { memberId: '', generation: -1 };

export function groupLink(
  broker: Broker,
  codec: GroupCodec,
  { groupId, sessionTimeoutMs, rebalanceTimeoutMs }: GroupLinkSettings,
  close: () => Promise<void>,
): GroupLink {
  return {
    async join(memberId, metadata) {
      const joined = await broker.joinGroup({
        groupId,
        memberId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        groupProtocols: [{ name: protocolName, metadata: codec.encodeMember(metadata) }],
      });
      const members = joined.members.map((member) => ({
        memberId: member.memberId,
        ...codec.decodeMember(member.memberMetadata),
      }));
      const leads = joined.leaderId === joined.memberId;
      return {
        memberId: joined.memberId,
        generation: joined.generationId,
        members: leads ? members : undefined,
      };
    },
    async sync({ memberId, generation }, shares) {
      const groupAssignment = [...shares].map(([member, share]) => ({
        memberId: member,
        memberAssignment: codec.encodeAssignment(share),
      }));
      const answer = await broker.syncGroup({
        ...{ groupId, memberId, groupAssignment },
        generationId: generation,
      });
      return codec.decodeAssignment(answer.memberAssignment);
    },
    async heartbeat({ memberId, generation }) {
      await broker.heartbeat({ groupId, memberId, groupGenerationId: generation });
    },
    async leave(memberId) {
      await broker.leaveGroup({ groupId, memberId });
    },
    async commit(member = noMember, places) {
      const { memberId, generation } = member;
      await broker.offsetCommit({
        ...{ groupId, memberId },
        groupGenerationId: generation,
        topics: byTopic(places, ({ partition, offset }) => ({
          ...{ partition, offset: String(offset) },
        })),
      });
    },
    async committed(partitions) {
      const topics = Object.entries(partitions).map(([topic, numbers]) => ({
        topic,
        partitions: numbers.map((partition) => ({ partition })),
      }));
      const { responses } = await broker.offsetFetch({ groupId, topics });
      return responses.flatMap(({ topic, partitions: found }) =>
        found
          .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
          .filter(({ offset }) => offset >= 0),
      );
    },
    close,
  };
}
