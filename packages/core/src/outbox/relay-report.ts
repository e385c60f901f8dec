import type { Audience } from '../channels/audience.js';
import type { ChannelNames } from '../channels/channel-names.js';
import type { NotifyError } from '../errors/notify-error.js';
import type { StoredEnvelope } from '../notification/notification.js';
import type { NotifyResult } from '../notifier/notify-request.js';
import type { Undelivered } from '../notifier/store-queue.js';
import type { OutboxDraft, Relayed } from '../ports/outbox.js';

/** What became of one notification in one call of `relay`. */
export interface Placed {
  readonly type: string;
  /** Where it stands, on each channel that was reached. */
  readonly envelopes: StoredEnvelope[];
  /** On one channel at least it was not there before. */
  isFresh: boolean;
}

/** One call of `relay`, sorted by what is to be done with it. */
export interface RelayReport {
  /** To be shown to this node's streams. */
  readonly stored: readonly StoredEnvelope[];
  /** Those of them that the broker has not been given before. */
  readonly fresh: readonly StoredEnvelope[];
  readonly placed: Iterable<Placed>;
  readonly undelivered: readonly Undelivered[];
}

export function reportOf(
  { drafts, outcomes }: Pick<Relayed, 'drafts' | 'outcomes'>,
  names: ChannelNames,
): RelayReport {
  const stored: StoredEnvelope[] = [];
  const fresh: StoredEnvelope[] = [];
  const placed = new Map<string, Placed>();
  const undelivered: Undelivered[] = [];
  for (const [i, draft] of drafts.entries()) {
    const outcome = outcomes[i];
    if (outcome === undefined) continue;
    if (outcome.status === 'failed') {
      undelivered.push(undeliveredOf(draft, outcome.error, names));
      continue;
    }
    const { status, envelope } = outcome;
    const { id, type } = draft;
    const notification = placed.get(id) ?? { type, envelopes: [], isFresh: false };
    placed.set(id, notification);
    notification.envelopes.push(envelope);
    stored.push(envelope);
    if (status === 'duplicate') continue;
    fresh.push(envelope);
    notification.isFresh = true;
  }
  return { stored, fresh, placed: placed.values(), undelivered };
}

/** What listeners are told of it. */
export function relayedResult({ envelopes, isFresh }: Placed, published: boolean): NotifyResult {
  // Of an earlier attempt, where the idempotency key shows that there was one.
  const { id = '', time = 0 } = envelopes[0] ?? {};
  const channels = envelopes.map(({ channel, epoch, offset }) => ({ channel, epoch, offset }));
  return { id, time, stored: true, buffered: false, published, duplicate: !isFresh, channels };
}

function undeliveredOf(draft: OutboxDraft, error: NotifyError, names: ChannelNames): Undelivered {
  const { channel, id, type, dataJson, idempotency, traceparent } = draft;
  const request = { to: audienceOf(channel, names), type, data: JSON.parse(dataJson) };
  const idempotencyKey = idempotency?.key;
  return { id, request: { ...request, idempotencyKey, traceparent }, error };
}

function audienceOf(channel: string, names: ChannelNames): Audience {
  const user = names.userOf(channel);
  if (user !== undefined) return { user };
  return channel === names.all ? { all: true } : { group: names.groupsOf([channel])[0] ?? channel };
}
