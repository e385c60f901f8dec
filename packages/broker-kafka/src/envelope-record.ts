import { type Envelope, makeEnvelope } from '@realtime-notify/core';
import type { IncomingRecord, OutgoingRecord } from './kafka-record.js';

/**
 * An envelope as a Kafka record: the channel as key, so that a channel keeps to one partition; the
 * data's JSON text as value; the rest in headers, readable for other programs. An ephemeral one has
 * neither `epoch` nor `offset` nor `previousTag`; nor has a provisional one, which says so.
 */
export function encodeRecord(envelope: Envelope): OutgoingRecord {
  const { id, type, channel, epoch, offset, time, dataJson } = envelope;
  const { traceparent, previousTag, provisional } = envelope;
  return {
    key: channel,
    value: dataJson,
    headers: {
      id,
      type,
      time: String(time),
      ...(epoch === null ? {} : { epoch }),
      ...(offset === null ? {} : { offset: String(offset) }),
      ...(previousTag === undefined ? {} : { previousTag }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(provisional === undefined ? {} : { provisional: String(provisional) }),
    },
  };
}

/** The envelope in a record, or undefined where it is not one of ours. */
export function decodeRecord({ key, value, headers }: IncomingRecord): Envelope | undefined {
  if (key === null || value === null) return undefined;
  try {
    const text = (name: string): string | undefined => {
      const bytes = headers.get(name);
      return bytes === undefined ? undefined : utf8(bytes);
    };
    return makeEnvelope({
      id: text('id'),
      type: text('type'),
      channel: utf8(key),
      epoch: text('epoch') ?? null,
      offset: integer(text('offset')) ?? null,
      time: integer(text('time')),
      previousTag: text('previousTag'),
      traceparent: text('traceparent'),
      provisional: flag(text('provisional')),
      dataJson: utf8(value),
    });
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws for bytes that are not UTF-8, which would become other text. */
function utf8(bytes: Buffer): string {
  return decoder.decode(bytes);
}

/** A number for text that is one, NaN for other text. */
function integer(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

/** True for the text of it, what is no flag for other text. */
function flag(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'true';
}
