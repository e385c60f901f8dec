import type { Envelope } from '@realtime-notify/core';
import { encodeRecord } from './envelope-record.js';
import type { IncomingRecord, OutgoingRecord } from './kafka-record.js';

const recipient = 'to';

/**
 * An envelope for one node: the record of the envelope, with the node in the header `to`, in the partition
 * that the node's id gives as a key does. One record for each node, so that no node has to know
 * who shares its partition.
 */
export function encodeDirected(envelope: Envelope, nodeId: string): OutgoingRecord {
  const { headers, ...record } = encodeRecord(envelope);
  return { ...record, routedBy: nodeId, headers: { ...headers, [recipient]: nodeId } };
}

/** The node that a record is for; undefined where it names none. */
export function recipientOf({ headers }: IncomingRecord): string | undefined {
  return headers.get(recipient)?.toString();
}
