import type { AssignerProtocol } from 'kafkajs';
import type { GroupCodec, Partitions } from './group-link.js';

const version = 0;
const nothing = { owned: {}, generation: 0 };

/** Members and assignments in Kafka's consumer protocol; what is ours alone goes into its user data. */
export function groupCodec({
  MemberMetadata,
  MemberAssignment,
}: typeof AssignerProtocol): GroupCodec {
  return {
    encodeMember({ topics, owned, generation }) {
      const userData = Buffer.from(JSON.stringify({ owned, generation }));
      return MemberMetadata.encode({ version, topics: [...topics], userData });
    },
    decodeMember(bytes) {
      const metadata = MemberMetadata.decode(bytes);
      if (metadata === null) return { topics: [], ...nothing };
      return { topics: metadata.topics, ...claimsOf(metadata.userData) };
    },
    encodeAssignment(share) {
      const assignment = Object.fromEntries(
        Object.entries(share).map(([topic, partitions]) => [topic, [...partitions]]),
      );
      return MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) });
    },
    decodeAssignment: (bytes) => MemberAssignment.decode(bytes)?.assignment ?? {},
  };
}

/** A member that says something else had nothing. */
function claimsOf(userData: Buffer): { owned: Partitions; generation: number } {
  try {
    const { owned, generation } = JSON.parse(userData.toString());
    if (!isPartitions(owned) || !Number.isSafeInteger(generation)) return nothing;
    return { owned, generation };
  } catch {
    return nothing;
  }
}

function isPartitions(value: unknown): value is Partitions {
  return typeof value === 'object' && value !== null && Object.values(value).every(Array.isArray);
}
