import {
  type AppendOutcome,
  isCutBefore,
  isStored,
  type LogRetention,
  makeEnvelope,
  NO_EPOCH,
  NotifyError,
  type StoredEnvelope,
  samePosition,
  tagOf,
} from '@realtime-notify/core';
import { type EntryDocument, entryKey, type Head, keyedName, placeTakenMs } from './documents.js';
import { unavailable } from './driver-errors.js';
import { placeOf } from './log-heads.js';
import { type LogDraft, type OutboxLook, type OutboxPlace, takenOut } from './outbox-drafts.js';

/** What decides where drafts of one channel go. */
export interface AppendSituation {
  readonly channel: string;
  readonly head: Head;
  readonly drafts: readonly LogDraft[];
  /** What was appended under their keys, by {@link keyedName}, within the window. */
  readonly used: ReadonlyMap<string, EntryDocument>;
  readonly outbox: OutboxLook;
  /** By the server's clock. */
  readonly now: number;
  readonly retention: LogRetention;
  readonly idempotencyWindowMs: number;
  newEpoch(): string;
}

/** What becomes of a draft once everything before it in the plan is in. */
export interface PlannedDraft {
  /** How many of the plan's entries must be in. */
  readonly needs: number;
  readonly outcome: AppendOutcome;
}

/** Entries to put in, in this order, and what each draft is then told. */
export interface AppendPlan {
  readonly entries: readonly EntryDocument[];
  readonly planned: readonly PlannedDraft[];
}

/** Works out the entries that follow `head`: they are right if, and only if, nothing else gets its next place. */
export function planAppend(situation: AppendSituation): AppendPlan {
  const { channel, drafts } = situation;
  const entries: EntryDocument[] = [];
  const used = new Map(situation.used);
  const decided = new Set<number>();
  let { head } = situation;
  const planned = drafts.map((draft): PlannedDraft => {
    const { idempotency, change, outbox } = draft;
    if (outbox !== undefined) {
      const outcome = outcomeBefore(outbox, head, decided, situation);
      if (outcome !== undefined) return { needs: entries.length, outcome };
      decided.add(outbox.number);
    }
    const key = idempotency && keyedName(channel, idempotency.key);
    const first = key === undefined ? undefined : used.get(key);
    if (first !== undefined) {
      const outcome = repeated(channel, first, idempotency?.digest);
      return { needs: entries.length, outcome };
    }
    if (change !== undefined && !samePosition(placeOf(head), change.from)) {
      const error = new NotifyError('HEAD_MOVED', `${channel} was changed meanwhile`);
      return { needs: entries.length, outcome: { status: 'failed', error } };
    }
    const entry = entryAfter(head, draft, situation);
    entries.push(entry);
    if (key !== undefined) used.set(key, entry);
    head = entry;
    const envelope = envelopeOf(entry, channel);
    return { needs: entries.length, outcome: { status: 'appended', envelope } };
  });
  return { entries, planned };
}

/** What became of a draft of the outbox already, or why its turn has not come; undefined where it has. */
function outcomeBefore(
  { number, after }: OutboxPlace,
  { relayed = [] }: Head,
  decided: ReadonlySet<number>,
  { channel, outbox }: AppendSituation,
): AppendOutcome | undefined {
  if (relayed.includes(number)) {
    const entry = outbox.entries.get(number);
    return entry === undefined
      ? { status: 'failed', error: takenOut }
      : { status: 'appended', envelope: envelopeOf(entry, channel) };
  }
  if (!outbox.waiting.has(number)) return { status: 'failed', error: takenOut };
  const isNext =
    after === undefined ||
    decided.has(after) ||
    relayed.includes(after) ||
    !outbox.waiting.has(after);
  if (isNext) return undefined;
  return { status: 'failed', error: unavailable('a draft before this one was not appended') };
}

function entryAfter(head: Head, draft: LogDraft, situation: AppendSituation): EntryDocument {
  const { channel, id, type, time, dataJson, traceparent, floor, idempotency, change } = draft;
  const relayed = relayedAfter(head, draft, situation.outbox);
  const { retention, idempotencyWindowMs } = situation;
  const begins = head.epoch === NO_EPOCH || (floor && isCutBefore(placeOf(head), floor));
  const seq = head.seq + 1;
  const offset = head.offset + 1;
  // One after the other, whatever two looks at the clock say.
  const at = Math.max(situation.now, head.at);
  const keptMs = Math.max(retention.maxAgeMs || 0, idempotency ? idempotencyWindowMs : 0);
  // The server's sweep also must not be ahead of those who read by a look at its clock some seconds ago.
  return {
    _id: entryKey(channel, seq),
    seq,
    epoch: begins ? situation.newEpoch() : head.epoch,
    offset,
    tag: tagOf(id),
    sum: head.sum + Buffer.byteLength(dataJson),
    start: Math.max(head.start, offset + 1 - retention.maxCount),
    base: head.base,
    stateSeq: change === undefined ? head.stateSeq : seq,
    at,
    ...(relayed === undefined ? {} : { relayed }),
    item: {
      id,
      type,
      time,
      data: dataJson,
      ...(traceparent === undefined ? {} : { trace: traceparent }),
      before: head.sum,
      previous: head.tag,
    },
    ...(idempotency && {
      keyed: keyedName(channel, idempotency.key),
      digest: idempotency.digest,
    }),
    ...(change && { state: change.stateJson }),
    ...(retention.maxAgeMs === false ? {} : { expireAt: new Date(at + keptMs + placeTakenMs) }),
  };
}

/** Whoever appends a draft of the outbox has seen which of the ones before are not there any more. */
function relayedAfter(
  { relayed }: Head,
  { outbox }: LogDraft,
  { waiting }: OutboxLook,
): readonly number[] | undefined {
  if (outbox === undefined) return relayed;
  return [...(relayed ?? []).filter((number) => waiting.has(number)), outbox.number];
}

function repeated(
  channel: string,
  first: EntryDocument,
  digest: string | undefined,
): AppendOutcome {
  if (first.digest === digest) {
    return { status: 'duplicate', envelope: envelopeOf(first, channel) };
  }
  const message = `the idempotency key was used on ${channel} for another content`;
  return { status: 'failed', error: new NotifyError('IDEMPOTENCY_CONFLICT', message) };
}

/** @throws Error where another program wrote to our collection */
export function envelopeOf(
  { epoch, offset, item }: EntryDocument,
  channel: string,
): StoredEnvelope {
  const envelope = makeEnvelope({
    id: item?.id,
    type: item?.type,
    channel,
    epoch,
    offset,
    time: item?.time,
    dataJson: item?.data,
    traceparent: item?.trace,
    previousTag: item?.previous,
  });
  if (envelope === undefined || !isStored(envelope)) {
    throw new Error('an entry of ours holds something else');
  }
  return envelope;
}
