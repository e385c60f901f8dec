import type { NotifyRequest } from '@realtime-notify/core';
import type { z } from 'zod';
import type { IncomingRecord } from '../kafka-record.js';
import type { Fault } from './dead-letter.js';
import { eventKey, placeKey } from './record-key.js';
import { RetryLater } from './retry-later.js';
import { type Mapped, rawRecord, type SourceRecord } from './source-record.js';

/** What a host says about its records. */
export interface RecordRules {
  readonly decode: (bytes: Buffer, record: SourceRecord<Buffer | null>) => unknown;
  readonly value: z.ZodType | undefined;
  map(record: SourceRecord): Mapped | Promise<Mapped>;
  readonly eventId:
    | ((record: SourceRecord) => string | undefined | Promise<string | undefined>)
    | undefined;
  readonly maxRecordBytes: number;
}

/** A record is to be sent, or at fault, or cannot be judged just now. */
export type Verdict<Request = NotifyRequest> =
  | { readonly requests: readonly Request[] }
  | { readonly fault: Fault }
  | { readonly later: RetryLater };

/** What a record asks to be sent. Never rejects. */
export async function judgeRecord(
  rules: RecordRules,
  clusterId: string,
  topic: string,
  incoming: IncomingRecord,
): Promise<Verdict> {
  let reason: Fault['reason'] = 'undecodable';
  try {
    const raw = rawRecord(topic, incoming);
    const size = raw.value?.length ?? 0;
    if (size > rules.maxRecordBytes) {
      const error = new Error(`the value has ${size} bytes, more than ${rules.maxRecordBytes}`);
      return { fault: { reason: 'value-too-large', error } };
    }
    const decoded = raw.value === null ? undefined : await rules.decode(raw.value, raw);
    reason = 'schema-mismatch';
    const parsed = await rules.value?.safeParseAsync(decoded);
    if (parsed?.success === false) return { fault: { reason, error: firstIssue(parsed.error) } };
    reason = 'map-failed';
    const record = { ...raw, value: parsed === undefined ? decoded : parsed.data };
    return { requests: await requestsOf(rules, clusterId, record) };
  } catch (error) {
    return RetryLater.is(error) ? { later: error } : { fault: { reason, error } };
  }
}

async function requestsOf(
  { map, eventId }: RecordRules,
  clusterId: string,
  record: SourceRecord,
): Promise<readonly NotifyRequest[]> {
  const mapped = await map(record);
  if (mapped === undefined || mapped === null) return [];
  const notifications = Array.isArray(mapped) ? mapped : [mapped];
  const id = await eventId?.(record);
  const traceparent = record.headers.get('traceparent')?.toString();
  return notifications.map(({ to, type, data, durable, ...rest }, index): NotifyRequest => {
    return {
      ...{ to, type, data, durable },
      traceparent: rest.traceparent ?? traceparent,
      idempotencyKey:
        id === undefined || id === ''
          ? placeKey(clusterId, record, index)
          : eventKey(record.topic, id, index),
      // Kafka keeps the record until it is stored: no memory of ours is as safe.
      whenStoreDown: 'reject',
    };
  });
}

/** Which field is at fault; what was there instead is not repeated in logs and headers. */
function firstIssue(error: z.ZodError): Error {
  const [issue] = error.issues;
  const where = issue?.path.join('.') || 'the value';
  return new Error(`${where}: ${issue?.message ?? 'does not fit'}`, { cause: error });
}
