import { NO_EPOCH } from '../positions/position.js';
import type { Envelope } from './notification.js';
import { typePattern } from './type-name.js';

const maxHeaderChars = 4_096;
/** Stands where an envelope with a place has the tag of the one before it. */
const provisionalMark = 'provisional';

/**
 * One line of JSON with the fields, a line feed, then the data's JSON text as it is, so that a node
 * that receives an envelope parses the short line only.
 */
export function encodeEnvelope(envelope: Envelope): string {
  const { id, type, channel, epoch, offset, time, traceparent, dataJson } = envelope;
  const fields: unknown[] = [id, type, channel, epoch, offset, time];
  const last = envelope.provisional === true ? provisionalMark : envelope.previousTag;
  if (last !== undefined) fields.push(traceparent ?? null, last);
  else if (traceparent !== undefined) fields.push(traceparent);
  return `${JSON.stringify(fields)}\n${dataJson}`;
}

/** The envelope that `text` holds, or undefined where it is not one. */
export function decodeEnvelope(text: string): Envelope | undefined {
  const end = text.indexOf('\n');
  if (end < 0 || end > maxHeaderChars) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(text.slice(0, end));
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields) || fields.length < 6 || fields.length > 8) return undefined;
  const [id, type, channel, epoch, offset, time, trace, last]: unknown[] = fields;
  const provisional = last === provisionalMark ? true : undefined;
  const previousTag = provisional ? undefined : last;
  const traceparent = last !== undefined && trace === null ? undefined : trace;
  const dataJson = text.slice(end + 1);
  return makeEnvelope({
    id,
    type,
    channel,
    epoch,
    offset,
    time,
    traceparent,
    previousTag,
    provisional,
    dataJson,
  });
}

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const epochPattern = /^[0-9a-z]{1,16}$/;
const tagPattern = /^[0-9a-f]{8}$/;

/** Checks fields that came from outside, by whatever codec; undefined where one is not as it must be. */
export function makeEnvelope(
  fields: { readonly [K in keyof Envelope]: unknown },
): Envelope | undefined {
  const { id, type, channel, epoch, offset, time, dataJson } = fields;
  const { traceparent, previousTag, provisional } = fields;
  if (typeof id !== 'string' || !idPattern.test(id)) return undefined;
  if (typeof type !== 'string' || !typePattern.test(type)) return undefined;
  if (typeof channel !== 'string' || channel === '') return undefined;
  if (typeof time !== 'number' || !Number.isSafeInteger(time)) return undefined;
  if (typeof dataJson !== 'string' || dataJson === '') return undefined;
  if (traceparent !== undefined && typeof traceparent !== 'string') return undefined;
  if (provisional !== undefined && provisional !== true) return undefined;
  const common = {
    id,
    type,
    channel,
    time,
    dataJson,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  if (epoch === null && offset === null) {
    if (previousTag !== undefined) return undefined;
    return provisional ? { ...common, epoch, offset, provisional } : { ...common, epoch, offset };
  }
  if (provisional) return undefined;
  if (typeof epoch !== 'string' || !epochPattern.test(epoch) || epoch === NO_EPOCH) {
    return undefined;
  }
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 1) return undefined;
  if (previousTag === undefined) return { ...common, epoch, offset };
  if (typeof previousTag !== 'string' || !tagPattern.test(previousTag)) return undefined;
  return { ...common, epoch, offset, previousTag };
}
