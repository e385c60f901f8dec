import {
  type AppendOutcome,
  type Draft,
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
import { placeOf } from './log-heads.js';

/** What decides where drafts of one channel go. */
export interface AppendSituation {
  readonly channel: string;
  readonly head: Head;
  readonly drafts: readonly Draft[];
  /** What was appended under their keys, by {@link keyedName}, within the window. */
  readonly used: ReadonlyMap<string, EntryDocument>;
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
  let { head } = situation;
  const planned = drafts.map((draft): PlannedDraft => {
    const { idempotency, change } = draft;
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

function entryAfter(head: Head, draft: Draft, situation: AppendSituation): EntryDocument {
  const { channel, id, type, time, dataJson, traceparent, floor, idempotency, change } = draft;
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
