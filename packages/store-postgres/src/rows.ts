import {
  type AppendOutcome,
  type ChannelState,
  type Draft,
  isStored,
  type LogPage,
  makeEnvelope,
  NotifyError,
  originPosition,
  type Position,
  type StoredEnvelope,
} from '@realtime-notify/core';
import { unavailable } from './driver-errors.js';

export type Row = Readonly<Record<string, unknown>>;

/** What reading a channel without a log gives. */
const originPage: LogPage = Object.freeze({ items: [], logStart: 1, head: originPosition });

/** Rows by the place among what was asked for that they say they are of. */
export function byPlace(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const grouped = new Map<number, Row[]>();
  for (const row of rows) {
    const place = integer(row.place);
    const others = grouped.get(place);
    if (others === undefined) grouped.set(place, [row]);
    else others.push(row);
  }
  return grouped;
}

/** The position that a row tells of a head; the origin where there is no row. */
export function positionFrom(row: Row | undefined): Position {
  if (row === undefined) return originPosition;
  return { epoch: text(row.epoch), offset: integer(row.head), tag: text(row.tag) };
}

export function stateFrom(row: Row | undefined): ChannelState {
  const stateJson = row?.state ?? null;
  return { position: positionFrom(row), stateJson: stateJson === null ? null : text(stateJson) };
}

export function pageFrom(rows: readonly Row[] | undefined, channel: string): LogPage {
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined) return originPage;
  const head = positionFrom(first);
  const items = rows
    .filter((row) => row.offset !== null)
    .map((row) => envelopeFrom({ ...row, epoch: head.epoch }, channel));
  return { items, logStart: integer(first.log_start), head };
}

/** What became of a draft, as the function `append` says it. */
export function outcomeFrom(row: Row | undefined, draft: Draft): AppendOutcome {
  const { channel } = draft;
  switch (row?.status) {
    case 'appended': {
      const { id, type, time, dataJson: data, traceparent = null } = draft;
      const envelope = envelopeFrom({ ...row, id, type, time, data, traceparent }, channel);
      return { status: 'appended', envelope };
    }
    case 'duplicate':
      return { status: 'duplicate', envelope: envelopeFrom(row, channel) };
    case 'conflict': {
      const message = `the idempotency key was used on ${channel} for another content`;
      return { status: 'failed', error: new NotifyError('IDEMPOTENCY_CONFLICT', message) };
    }
    case 'moved': {
      const message = `${channel} was changed meanwhile`;
      return { status: 'failed', error: new NotifyError('HEAD_MOVED', message) };
    }
    default:
      throw unreadable();
  }
}

function envelopeFrom(row: Row, channel: string): StoredEnvelope {
  const envelope = makeEnvelope({
    id: row.id,
    type: row.type,
    channel,
    epoch: row.epoch,
    offset: integer(row.offset),
    time: integer(row.time),
    dataJson: row.data,
    traceparent: row.traceparent ?? undefined,
    previousTag: row.previous_tag,
  });
  if (envelope === undefined || !isStored(envelope)) throw unreadable();
  return envelope;
}

/** The driver gives 64-bit integers as text, unless the host has told it otherwise. */
export function integer(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw unreadable();
  return number;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw unreadable();
  return value;
}

/** Somebody else wrote to our tables. */
function unreadable(): NotifyError {
  return unavailable('a row is not one of ours');
}
