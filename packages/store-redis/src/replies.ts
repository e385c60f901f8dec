import {
  type ChannelState,
  type Draft,
  isStored,
  type LogPage,
  makeEnvelope,
  NO_EPOCH,
  originPosition,
  type Position,
  type StoredEnvelope,
} from '@realtime-notify/core';

/** What a reply holds does not look like ours: another program wrote to our keys. */
export class ForeignReply extends Error {
  constructor() {
    super('a key of ours holds something else');
    this.name = 'ForeignReply';
  }
}

// A head becomes part of cursors: what is not written as there would garble them.
const epochPattern = /^[0-9a-z]{1,16}$/;
const tagPattern = /^[0-9a-f]{8}$/;

/** The head that `[epoch, offset, tag]` holds; the origin where the channel is unknown. */
export function headFrom(reply: unknown): Position {
  if (!Array.isArray(reply)) throw new ForeignReply();
  const [epoch, offsetText, tag]: unknown[] = reply;
  if (epoch === null || epoch === undefined) return originPosition;
  const offset = integer(offsetText);
  if (typeof epoch !== 'string' || !epochPattern.test(epoch) || epoch === NO_EPOCH) {
    throw new ForeignReply();
  }
  if (typeof tag !== 'string' || !tagPattern.test(tag)) throw new ForeignReply();
  if (offset === undefined || offset < 0) throw new ForeignReply();
  return { epoch, offset, tag };
}

/** The state that `[epoch, offset, tag, state]` holds. */
export function stateFrom(reply: unknown): ChannelState {
  const position = headFrom(reply);
  const [, , , stateJson = null]: unknown[] = Array.isArray(reply) ? reply : [];
  if (stateJson !== null && typeof stateJson !== 'string') throw new ForeignReply();
  return { position, stateJson };
}

/** The page that the read script's answer holds. Entries that are not ours are left out. */
export function pageFrom(reply: unknown, channel: string): LogPage {
  const head = headFrom(reply);
  if (head === originPosition) return { items: [], logStart: 1, head };
  const [, , , start, entries]: unknown[] = Array.isArray(reply) ? reply : [];
  const logStart = integer(start);
  if (logStart === undefined || !Array.isArray(entries)) throw new ForeignReply();
  const items = entries.flatMap((entry) => envelopeFrom(entry, channel, head.epoch) ?? []);
  return { items, logStart, head };
}

function envelopeFrom(entry: unknown, channel: string, epoch: string): StoredEnvelope | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [streamId, pairs]: unknown[] = entry;
  if (!Array.isArray(pairs)) return undefined;
  const fields = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < pairs.length; i += 2) fields.set(pairs[i], pairs[i + 1]);
  const envelope = makeEnvelope({
    id: fields.get('id'),
    type: fields.get('type'),
    channel,
    epoch,
    offset: offsetOfId(streamId),
    time: integer(fields.get('time')),
    dataJson: fields.get('data'),
    traceparent: fields.get('trace') || undefined,
    previousTag: fields.get('previous') || undefined,
  });
  return envelope !== undefined && isStored(envelope) ? envelope : undefined;
}

/** What the append script said. */
export type AppendReply =
  | { readonly status: 'appended' | 'duplicate'; readonly envelope: StoredEnvelope }
  | { readonly status: 'conflict' | 'moved' };

export function appendReplyFrom(reply: unknown, draft: Draft): AppendReply {
  if (!Array.isArray(reply)) throw new ForeignReply();
  const [status, epoch, offsetText, previousTag, ...content]: unknown[] = reply;
  if (status === 'conflict' || status === 'moved') return { status };
  const [id, type, timeText, dataJson, trace] = content;
  const first =
    status === 'appended'
      ? draft
      : { id, type, time: integer(timeText), dataJson, traceparent: trace || undefined };
  const envelope = makeEnvelope({
    id: first.id,
    type: first.type,
    channel: draft.channel,
    epoch,
    offset: integer(offsetText),
    time: first.time,
    dataJson: first.dataJson,
    traceparent: first.traceparent,
    previousTag: previousTag || undefined,
  });
  if (envelope === undefined || !isStored(envelope)) throw new ForeignReply();
  return { status: status === 'appended' ? status : 'duplicate', envelope };
}

function offsetOfId(streamId: unknown): number | undefined {
  if (typeof streamId !== 'string' || !streamId.endsWith('-0')) return undefined;
  return integer(streamId.slice(0, -2));
}

export function integer(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^-?\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
