import { inspect } from 'node:util';
import type { IncomingRecord, ProducedRecord } from '../kafka-record.js';
import type { RecordBatch } from '../record-batch.js';

/**
 * Why a record became a dead letter. `unreadable-batch`: the codec of its batch is not registered, or the
 * batch is damaged; the letter stands for all of it. `value-too-large`: beyond `maxRecordBytes`.
 * `undecodable`: no JSON, nested too deep, or `decode` threw. `schema-mismatch`: it does not fit `value`.
 * `map-failed`: `map` or `eventId` threw, or gave what is no notification. `refused`: the notifier will
 * never take one of its notifications; the header `code` says why.
 */
export type DeadLetterReason =
  | 'unreadable-batch'
  | 'value-too-large'
  | 'undecodable'
  | 'schema-mismatch'
  | 'map-failed'
  | 'refused';

/** What is wrong with a record. */
export interface Fault {
  readonly reason: DeadLetterReason;
  readonly error: unknown;
}

/** What lies in a source topic and cannot become a notification. */
export interface Undeliverable extends Fault {
  readonly topic: string;
  readonly partition: number;
  readonly source: IncomingRecord | RecordBatch;
}

const prefix = 'dead-letter-';
const maxErrorChars = 500;
/** What a letter's own headers take, with room to spare: the longest name of a topic, the error in UTF-8. */
const ownBytes = 4_096;
const headerBytes = 20;

/** The smallest letter: own headers and a little of the rest. */
export const minLetterBytes = 8_192;

/**
 * The record of a dead letter: the original key, headers and value, and under `dead-letter-...` the reason
 * and where the original is. What would make it larger than `maxBytes` is left out or cut, and the header
 * `dead-letter-truncated` names it.
 */
export function deadLetter(undeliverable: Undeliverable, maxBytes: number): ProducedRecord {
  const { reason, error, topic, partition, source } = undeliverable;
  const isBatch = 'baseOffset' in source;
  const original: Pick<IncomingRecord, 'key' | 'value' | 'headers'> = isBatch
    ? { key: null, value: source.bytes, headers: new Map() }
    : source;
  const truncated: string[] = [];
  let room = maxBytes - ownBytes;
  const key = (original.key?.length ?? 0) <= room / 4 ? original.key : null;
  if (key !== original.key) truncated.push('key');
  room -= key?.length ?? 0;
  const headers = fits(original.headers, room / 2) ? original.headers : new Map<string, Buffer>();
  if (headers !== original.headers) truncated.push('headers');
  room -= sizeOf(headers);
  const { value } = original;
  const isCut = value !== null && value.length > room;
  if (isCut) truncated.push('value');
  const own: Record<string, string> = {
    reason,
    error: message(error),
    ...codeOf(error),
    topic,
    partition: String(partition),
    offset: String(isBatch ? source.baseOffset : source.offset),
    timestamp: String(isBatch ? source.baseTimestamp : source.timestamp),
    ...(isBatch && { 'last-offset': String(source.lastOffset), codec: String(source.codec) }),
    ...(truncated.length > 0 && {
      truncated: truncated.join(','),
      'value-bytes': String(value?.length ?? 0),
    }),
  };
  return {
    key,
    value: isCut ? value.subarray(0, room) : value,
    headers: {
      ...Object.fromEntries(headers),
      ...Object.fromEntries(Object.entries(own).map(([name, text]) => [prefix + name, text])),
    },
  };
}

function message(error: unknown): string {
  // Hooks of the host may throw anything, also what refuses to become a string.
  const said = error instanceof Error ? error.message : error;
  const text = typeof said === 'string' ? said : inspect(said, { customInspect: false });
  return text.slice(0, maxErrorChars).toWellFormed();
}

function codeOf(error: unknown): { code?: string } {
  if (typeof error !== 'object' || error === null || !('code' in error)) return {};
  return typeof error.code === 'string' ? { code: error.code.slice(0, 100) } : {};
}

function fits(headers: ReadonlyMap<string, Buffer>, room: number): boolean {
  return sizeOf(headers) <= room;
}

function sizeOf(headers: ReadonlyMap<string, Buffer>): number {
  let size = 0;
  for (const [name, value] of headers) size += headerBytes + Buffer.byteLength(name) + value.length;
  return size;
}
