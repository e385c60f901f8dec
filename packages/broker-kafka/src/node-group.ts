import { randomUUID } from 'node:crypto';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A name for the group of one node's tail, used by nobody before. */
export function newNodeGroup(prefix: string, topic: string): string {
  return `${prefix}.${topic}.${randomUUID()}`;
}

/** Whether a group was named by {@link newNodeGroup}; no other group is ours to delete. */
export function isNodeGroup(prefix: string, topic: string, groupId: string): boolean {
  const start = `${prefix}.${topic}.`;
  return groupId.startsWith(start) && uuid.test(groupId.slice(start.length));
}
