import { createHash } from 'node:crypto';

/** Where a record stands, in which life of which Kafka topic of which cluster. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Tells it from a record at the same place of a topic that was deleted and made again. */
  readonly timestamp: number;
}

/**
 * The idempotency key of a record's notification number `index`: read again, by whichever node, the record
 * gives the same notifications. 1 to 200 characters, as keys are.
 */
export function placeKey(clusterId: string, place: RecordPlace, index: number): string {
  const { topic, partition, offset, timestamp } = place;
  const where = `${bounded(clusterId, 43)}:${bounded(topic, 80)}`;
  return `kafka:${where}:${partition}:${offset}:${timestamp}:${index}`;
}

/** As {@link placeKey}, for an event with an id of its own: however often it is produced, it counts once. */
export function eventKey(topic: string, eventId: string, index: number): string {
  return `event:${bounded(topic, 80)}:${bounded(eventId, 80)}:${index}`;
}

/** A text that stands for itself where it is short, and else for what is hashed. */
function bounded(text: string, maxChars: number): string {
  // What separates the parts, and what looks like a hash of ours, must not be anybody's choice.
  if (text.length <= maxChars && /^[A-Za-z0-9._-]*$/.test(text) && !text.startsWith('.'))
    return text;
  return `.${createHash('sha256').update(text).digest('base64url').slice(0, 42)}`;
}
