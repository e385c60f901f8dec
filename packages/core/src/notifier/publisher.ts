import { createHash } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { Audience } from '../channels/audience.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Envelope, StoredEnvelope } from '../notification/notification.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { AppendOutcome, Draft, Store } from '../ports/store.js';
import type { PublishQueue } from './publish-queue.js';
import type { RecipientCheck } from './recipient-check.js';

/** What is to be sent, to whom, and how. */
export interface NotifyRequest<Type extends string = string, Data = unknown> {
  readonly to: Audience;
  readonly type: Type;
  readonly data: Data;
  /**
   * Makes retries safe: the same key for the same content on the same channel within the store's window
   * gives one notification. 1 to 200 characters.
   */
  readonly idempotencyKey?: string | undefined;
  /** False: not stored, shown only to who is connected, at most once. Default true. */
  readonly durable?: boolean | undefined;
  /** W3C trace context, carried to the other nodes. */
  readonly traceparent?: string | undefined;
}

/** What became of a notification. */
export interface NotifyResult {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  /** It is in the store, on every channel of the audience. */
  readonly stored: boolean;
  /**
   * The broker said in time that it has it. Where it did not, other nodes find a stored notification in
   * the store; an ephemeral one may not reach them at all.
   */
  readonly published: boolean;
  /** All of it was there already: the idempotency key had been used for it. */
  readonly duplicate: boolean;
  /** Where it stands; epoch and offset are null where it was not stored. */
  readonly channels: readonly {
    readonly channel: string;
    readonly epoch: string | null;
    readonly offset: number | null;
  }[];
}

/** What the publisher works with. */
export interface PublisherContext {
  readonly catalogue: Pick<Catalogue, 'encode'>;
  readonly channelNames: ChannelNames;
  readonly store: Pick<Store, 'append'>;
  readonly feeds: FeedTable;
  readonly queue: PublishQueue;
  /** Asked before anything is sent, where the host has told us whom to ask. */
  readonly recipients?: RecipientCheck | undefined;
  readonly counters: LimitCounters;
  readonly maxDataBytes: number;
  readonly maxUsers: number;
}

const maxKeyChars = 200;
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

type Content = Omit<Draft, 'channel'>;

/** A notification that was checked and has its id; nothing of it has been sent. */
export interface Prepared {
  readonly channels: readonly string[];
  /** The users that the audience names. */
  readonly userIds: readonly string[];
  readonly content: Content;
  readonly durable: boolean;
}

/** A notification that has its places in the logs, or needs none. */
export interface Placed {
  /** What there is to show. */
  readonly envelopes: readonly Envelope[];
  /** Those of it that the broker has not been given before. */
  readonly fresh: readonly Envelope[];
  readonly stored: boolean;
  /** Why other channels have no place. */
  readonly failure?: NotifyError | undefined;
}

/** The way of a notification out: checked, stored, shown to this node's emitters, given to the broker. */
export class Publisher {
  readonly #context: PublisherContext;
  readonly #ids = new UuidV7Source();

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  async publish(request: NotifyRequest): Promise<NotifyResult> {
    const placed = await this.place(this.prepare(request));
    const published = await this.announce(placed);
    if (placed.failure !== undefined) throw placed.failure;
    return resultOf(placed, published);
  }

  /**
   * @throws NotifyError `TYPE_UNKNOWN`, `DATA_INVALID`, `DATA_TOO_LARGE`, `AUDIENCE_INVALID` or
   *   `CHANNEL_INVALID`
   */
  prepare(request: NotifyRequest): Prepared {
    const { channelNames, maxUsers, counters } = this.#context;
    const dataJson = this.#encode(request);
    const channels = channelNames.ofAudience(request.to, maxUsers, counters);
    const time = Date.now();
    const content: Content = {
      id: this.#ids.next(time),
      type: request.type,
      time,
      dataJson,
      ...traceContext(request.traceparent),
    };
    const key = request.idempotencyKey;
    return {
      channels,
      userIds: usersOf(request.to),
      content: key === undefined ? content : withKey(content, key),
      durable: request.durable !== false,
    };
  }

  #encode({ type, data }: NotifyRequest): string {
    const { catalogue, maxDataBytes, counters } = this.#context;
    try {
      return catalogue.encode(type, data, maxDataBytes);
    } catch (error) {
      if (NotifyError.is(error) && error.code === 'DATA_TOO_LARGE') counters.count('dataBytes');
      throw error;
    }
  }

  /** As {@link prepare}, and may be placed again after a failure without being stored twice. */
  prepareToRetry(request: NotifyRequest): Prepared {
    const prepared = this.prepare(request);
    const { content, durable } = prepared;
    if (content.idempotency !== undefined || !durable) return prepared;
    return { ...prepared, content: withKey(content, content.id) };
  }

  /**
   * Stores it where it is durable. Rejects where the recipients are not known, and where the store fails
   * as a whole.
   */
  async place({ channels, userIds, content, durable }: Prepared): Promise<Placed> {
    const { recipients } = this.#context;
    if (recipients !== undefined && userIds.length > 0) await recipients.assertKnown(userIds);
    if (durable) return this.#store(channels, content);
    const { idempotency: _, ...fields } = content;
    const envelopes = channels.map(
      (channel): Envelope => ({ ...fields, channel, epoch: null, offset: null }),
    );
    return { envelopes, fresh: envelopes, stored: false };
  }

  /**
   * Shows it to this node's emitters and hands it to the broker, both before this returns; resolves
   * whether the broker has it. Never rejects.
   */
  async announce({ envelopes, fresh }: Placed): Promise<boolean> {
    const { feeds, queue } = this.#context;
    feeds.offer(envelopes);
    const published = await Promise.all(fresh.map((envelope) => queue.publish(envelope)));
    return published.every(Boolean);
  }

  async #store(channels: readonly string[], content: Content): Promise<Placed> {
    const outcomes = await this.#append(channels, content);
    const envelopes: StoredEnvelope[] = [];
    // A duplicate was published by whoever stored it; where that failed, the position check finds it.
    const fresh: StoredEnvelope[] = [];
    const errors: NotifyError[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === 'failed') errors.push(outcome.error);
      else envelopes.push(outcome.envelope);
      if (outcome.status === 'appended') fresh.push(outcome.envelope);
    }
    const [error] = errors;
    const failed = channels.length - envelopes.length;
    const hasKey = content.idempotency !== undefined;
    const failure = error && failureOf(error, failed, channels.length, hasKey);
    return { envelopes, fresh, stored: true, failure };
  }

  /**
   * With an idempotency key the first channel goes ahead: where an earlier attempt had stored it there,
   * its id is the one for the channels that the attempt did not reach.
   */
  async #append(channels: readonly string[], content: Content): Promise<readonly AppendOutcome[]> {
    const { store } = this.#context;
    if (content.idempotency === undefined || channels.length === 1) {
      return store.append(channels.map((channel) => ({ ...content, channel })));
    }
    const [first, ...rest] = [...channels].sort();
    const [outcome] = await store.append(
      first === undefined ? [] : [{ ...content, channel: first }],
    );
    if (outcome === undefined || outcome.status === 'failed')
      return outcome === undefined ? [] : [outcome];
    const { id, time } = outcome.envelope;
    const others = await store.append(rest.map((channel) => ({ ...content, id, time, channel })));
    return [outcome, ...others];
  }
}

/** What the publisher of a notification is told. */
export function resultOf(placed: Placed, published: boolean): NotifyResult {
  const { envelopes, fresh, stored } = placed;
  const [first] = envelopes;
  if (first === undefined) throw new NotifyError('AUDIENCE_INVALID', 'the audience is empty');
  const channels = envelopes.map(({ channel, epoch, offset }) => ({ channel, epoch, offset }));
  const { id, time } = first;
  return { id, time, stored, published, duplicate: fresh.length === 0, channels };
}

/** Each once; the audience has been checked. */
function usersOf(to: Audience): readonly string[] {
  if ('user' in to) return [to.user];
  return 'users' in to ? [...new Set(to.users)] : [];
}

function withKey(content: Content, key: string): Content {
  if (typeof key !== 'string' || key === '' || key.length > maxKeyChars || !key.isWellFormed()) {
    throw new NotifyError('DATA_INVALID', `an idempotency key has 1 to ${maxKeyChars} characters`);
  }
  const digest = createHash('sha256').update(content.type).update('\n').update(content.dataJson);
  return { ...content, idempotency: { key, digest: digest.digest('base64url') } };
}

/** A trace context that is not one is left out: tracing must not keep a notification from its user. */
function traceContext(traceparent: string | undefined): Pick<Draft, 'traceparent'> {
  return traceparent !== undefined && traceparentPattern.test(traceparent) ? { traceparent } : {};
}

function failureOf(error: NotifyError, failed: number, all: number, hasKey: boolean): NotifyError {
  if (all === 1) return error;
  const canFinish = hasKey && error.retryable;
  const advice = canFinish ? 'a retry with the same idempotency key finishes them' : error.message;
  return new NotifyError(error.code, `${failed} of ${all} channels failed: ${advice}`, {
    cause: error,
  });
}
