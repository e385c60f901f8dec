import { createHash } from 'node:crypto';
import { type Audience, NotifyError, type NotifyRequest } from '@realtime-notify/core';
import { z } from 'zod';
import { isNestedDeeper } from './json-depth.js';
import type { IncomingRecord } from './kafka-client.js';

/** Whom it addresses, and whether the data fits its type, is checked by the notifier. */
const recordSchema = z.object({
  to: z.custom<Audience>(
    (value) => typeof value === 'object' && value !== null,
    'must be an object',
  ),
  type: z.string(),
  data: z.unknown(),
});

/** What comes after us walks through the data level by level, on the stack. */
const maxDepth = 100;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * What a record asks to be sent. Its place in Kafka is the idempotency key: read again after a crash it
 * gives the same notification. The timestamp tells it from a record at the same place of a topic
 * that was deleted and made again.
 * @throws NotifyError `DATA_INVALID`
 */
export function readSourceRecord(topic: string, record: IncomingRecord): NotifyRequest {
  const parsed = recordSchema.safeParse(jsonOf(record.value));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = `the record must be {to, type, data}: ${issue?.path.join('.')} ${issue?.message}`;
    throw new NotifyError('DATA_INVALID', message, { cause: parsed.error });
  }
  const { to, type, data } = parsed.data;
  const { partition, offset, timestamp, headers } = record;
  return {
    ...{ to, type, data },
    idempotencyKey: `kafka:${shortened(topic)}:${partition}:${offset}:${timestamp}`,
    traceparent: headers.get('traceparent')?.toString(),
  };
}

function jsonOf(value: Buffer | null): unknown {
  if (value === null) return undefined;
  try {
    const text = decoder.decode(value);
    if (!isNestedDeeper(text, maxDepth)) return JSON.parse(text);
  } catch (cause) {
    throw new NotifyError('DATA_INVALID', 'the record is not JSON', { cause });
  }
  throw new NotifyError('DATA_INVALID', `the record is nested more than ${maxDepth} levels deep`);
}

/** Idempotency keys have at most 200 characters, names of Kafka topics 249. */
function shortened(topic: string): string {
  if (topic.length <= 120) return topic;
  return createHash('sha256').update(topic).digest('base64url');
}
