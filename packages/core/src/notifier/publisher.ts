import { createHash } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { Audience } from '../channels/audience.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { Envelope, StoredEnvelope } from '../notification/notification.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { AppendOutcome, Draft, Store } from '../ports/store.js';
import type { PublishQueue } from './publish-queue.js';

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
  readonly store: Store;
  readonly feeds: FeedTable;
  readonly queue: PublishQueue;
  readonly maxDataBytes: number;
  readonly maxUsers: number;
}

const maxKeyChars = 200;
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

type Content = Omit<Draft, 'channel'>;

/** The way of a notification out: checked, stored, shown to this node's emitters, given to the broker. */
export class Publisher {
  readonly #context: PublisherContext;
  readonly #ids = new UuidV7Source();

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  async publish(request: NotifyRequest): Promise<NotifyResult> {
    const { catalogue, channelNames, maxDataBytes, maxUsers } = this.#context;
    const dataJson = catalogue.encode(request.type, request.data, maxDataBytes);
    const channels = channelNames.ofAudience(request.to, maxUsers);
    const time = Date.now();
    const content: Content = {
      id: this.#ids.next(time),
      type: request.type,
      time,
      dataJson,
      ...traceContext(request.traceparent),
      ...idempotency(request, dataJson),
    };
    if (request.durable === false) return this.#publishEphemeral(channels, content);
    return this.#publishStored(channels, content);
  }

  async #publishEphemeral(channels: readonly string[], content: Content): Promise<NotifyResult> {
    const { idempotency: _, ...fields } = content;
    const envelopes = channels.map(
      (channel): Envelope => ({ ...fields, channel, epoch: null, offset: null }),
    );
    this.#context.feeds.offer(envelopes);
    const published = await this.#enqueue(envelopes);
    return resultOf(envelopes, { stored: false, published, duplicate: false });
  }

  async #publishStored(channels: readonly string[], content: Content): Promise<NotifyResult> {
    const outcomes = await this.#append(channels, content);
    const stored: StoredEnvelope[] = [];
    const fresh: StoredEnvelope[] = [];
    const errors: NotifyError[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === 'failed') errors.push(outcome.error);
      else stored.push(outcome.envelope);
      if (outcome.status === 'appended') fresh.push(outcome.envelope);
    }
    // A duplicate was published by whoever stored it; where that failed, the position check finds it.
    this.#context.feeds.offer(stored);
    const published = await this.#enqueue(fresh);
    const [error] = errors;
    if (error !== undefined) {
      const failed = channels.length - stored.length;
      throw failureOf(error, failed, channels.length, content.idempotency !== undefined);
    }
    return resultOf(stored, { stored: true, published, duplicate: fresh.length === 0 });
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

  /** Resolves whether the broker has them all. */
  async #enqueue(envelopes: readonly Envelope[]): Promise<boolean> {
    const { queue } = this.#context;
    const published = await Promise.all(envelopes.map((envelope) => queue.publish(envelope)));
    return published.every(Boolean);
  }
}

function idempotency(request: NotifyRequest, dataJson: string): Pick<Draft, 'idempotency'> {
  const key = request.idempotencyKey;
  if (key === undefined) return {};
  if (typeof key !== 'string' || key === '' || key.length > maxKeyChars || !key.isWellFormed()) {
    throw new NotifyError('DATA_INVALID', `an idempotency key has 1 to ${maxKeyChars} characters`);
  }
  const digest = createHash('sha256').update(request.type).update('\n').update(dataJson);
  return { idempotency: { key, digest: digest.digest('base64url') } };
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

function resultOf(
  envelopes: readonly Envelope[],
  state: Pick<NotifyResult, 'stored' | 'published' | 'duplicate'>,
): NotifyResult {
  const [first] = envelopes;
  if (first === undefined) throw new NotifyError('AUDIENCE_INVALID', 'the audience is empty');
  const channels = envelopes.map(({ channel, epoch, offset }) => ({ channel, epoch, offset }));
  return { id: first.id, time: first.time, ...state, channels };
}
