import type { LoggedDraft } from '@realtime-notify/core';
import { z } from 'zod';
import type { IncomingRecord, ProducedRecord } from '../kafka-record.js';

/** Records of another make are not read: who changes the fields changes this. */
const version = 1;

const text = z.string().min(1);
const recordSchema = z.strictObject({
  v: z.literal(version),
  channel: text,
  id: text,
  type: text,
  time: z.number(),
  dataJson: text,
  traceparent: text.optional(),
  idempotency: z.strictObject({ key: text, digest: text }),
});

/** A draft as a record: those of a channel share a partition, and so keep their order. */
export function encodeDraft(draft: LoggedDraft): ProducedRecord {
  const { channel, id, type, time, dataJson, traceparent, idempotency } = draft;
  const fields = { v: version, channel, id, type, time, dataJson, traceparent, idempotency };
  return { key: channel, value: JSON.stringify(fields), headers: {} };
}

/** Throws where the record is none of ours. */
export function decodeDraft({ value }: Pick<IncomingRecord, 'value'>): LoggedDraft {
  if (value === null) throw new Error('a record without a value');
  const { v: _, traceparent, ...draft } = recordSchema.parse(JSON.parse(value.toString()));
  return traceparent === undefined ? draft : { ...draft, traceparent };
}
