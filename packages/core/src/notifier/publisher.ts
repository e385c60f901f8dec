import { createHash } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { Audience } from '../channels/audience.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Envelope } from '../notification/notification.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { Draft } from '../ports/store.js';
import { nextTurn } from '../time/next-turn.js';
import { type Appender, appendAudience, type Content } from './append-audience.js';
import type { NotifyRequest, NotifyResult } from './notify-request.js';
import type { PublishQueue } from './publish-queue.js';
import type { RecipientCheck } from './recipient-check.js';
import { Sending, type Sent } from './sending.js';

/** What the publisher works with. */
export interface PublisherContext {
  readonly catalogue: Pick<Catalogue, 'encode'>;
  readonly channelNames: ChannelNames;
  readonly appender: Appender;
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
/** Channels shown to in one turn of the event loop. */
const chunk = 100;

/** A notification that was checked and has its id; nothing of it has been sent. */
export interface Prepared {
  readonly channels: readonly string[];
  /** The users that the audience names. */
  readonly userIds: readonly string[];
  readonly content: Content;
  readonly durable: boolean;
}

/** The way of a notification out: checked, stored, shown to this node's emitters, given to the broker. */
export class Publisher {
  readonly #context: PublisherContext;
  readonly #ids = new UuidV7Source();

  constructor(context: PublisherContext) {
    this.#context = context;
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

  /** As {@link prepare}, and may be sent again after a failure without being stored twice. */
  prepareToRetry(request: NotifyRequest): Prepared {
    const prepared = this.prepare(request);
    const { content, durable } = prepared;
    if (content.idempotency !== undefined || !durable) return prepared;
    return { ...prepared, content: withKey(content, content.id) };
  }

  /**
   * Asks the host whether the recipients exist, where there is something to ask. Rejects with
   * `RECIPIENT_UNKNOWN` or `RECIPIENTS_UNCHECKED`.
   */
  check({ userIds }: Prepared): Promise<void> | undefined {
    return userIds.length === 0 ? undefined : this.#context.recipients?.assertKnown(userIds);
  }

  /**
   * Stores it where it is durable. What has its place is shown to this node's emitters and handed to the
   * broker at once. Rejects where the store fails as a whole; once `signal` has aborted nothing more is
   * shown or stored.
   */
  async send(prepared: Prepared, signal?: AbortSignal): Promise<Sent> {
    const { appender, feeds, queue } = this.#context;
    const { channels, content, durable } = prepared;
    const [channel] = channels;
    const sending = new Sending(feeds, queue);
    if (!durable) {
      sending.show(envelopesOf(prepared, channels));
    } else if (channels.length === 1 && channel !== undefined) {
      // Most by far: not worth a generator.
      const outcomes = await appender.append([{ ...content, channel }]);
      if (signal?.aborted !== true) sending.took({ channels, outcomes });
    } else {
      for await (const appended of appendAudience(appender, channels, content)) {
        if (signal?.aborted === true) break;
        sending.took(appended);
      }
    }
    return sending.end(prepared);
  }

  /**
   * As {@link send} for several, each durable and for one channel: stored by one call, in their order.
   */
  async sendTogether(together: readonly Prepared[]): Promise<readonly Sent[]> {
    const { appender, feeds, queue } = this.#context;
    const drafts = together.flatMap(({ channels, content }) =>
      channels.map((channel) => ({ ...content, channel })),
    );
    const outcomes = await appender.append(drafts);
    return together.map((prepared, i) => {
      const sending = new Sending(feeds, queue);
      sending.took({ channels: prepared.channels, outcomes: outcomes.slice(i, i + 1) });
      return sending.end(prepared);
    });
  }

  /** What the publisher of a notification is told. Rejects with what it failed with. */
  async finish({ durable }: Prepared, sent: Sent): Promise<NotifyResult> {
    const published = await sent.published;
    if (sent.failure !== undefined) throw sent.failure;
    return resultOf(sent, { stored: durable, buffered: false, published });
  }

  /**
   * Shows what is not stored yet to clients that know it again by its id; resolves whether the broker has
   * it for those of other nodes.
   */
  async showProvisionally(prepared: Prepared, channels: readonly string[]): Promise<boolean> {
    const { feeds, queue } = this.#context;
    const sending = new Sending(feeds, queue);
    for (let start = 0; start < channels.length; start += chunk) {
      if (start > 0) await nextTurn();
      const some = channels.slice(start, start + chunk);
      sending.show(envelopesOf(prepared, some, { provisional: true }));
    }
    return sending.end(prepared).published;
  }
}

/** What the publisher of a notification is told. */
export function resultOf(
  { id, time, channels, duplicate }: Pick<Sent, 'id' | 'time' | 'channels' | 'duplicate'>,
  fields: Pick<NotifyResult, 'stored' | 'buffered' | 'published'>,
): NotifyResult {
  return { id, time, ...fields, duplicate, channels };
}

/** Notifications without a place in a log. */
function envelopesOf(
  { content }: Prepared,
  channels: readonly string[],
  mark: Pick<Envelope, 'provisional'> = {},
): readonly Envelope[] {
  const { idempotency: _, ...fields } = content;
  return channels.map((channel) => ({ ...fields, channel, epoch: null, offset: null, ...mark }));
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
