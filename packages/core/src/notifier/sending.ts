import { type ChannelFailure, NotifyError } from '../errors/notify-error.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { Envelope } from '../notification/notification.js';
import type { Appended } from './append-audience.js';
import type { NotifyResult } from './notify-request.js';
import type { PublishQueue } from './publish-queue.js';
import type { Prepared } from './publisher.js';

/** What has become of a notification; the broker may not have said yet whether it has it. */
export interface Sent {
  /** Of an earlier attempt, where the idempotency key shows that there was one. */
  readonly id: string;
  readonly time: number;
  readonly channels: NotifyResult['channels'];
  readonly duplicate: boolean;
  /** Never rejects. */
  readonly published: Promise<boolean>;
  /** Durable, and not stored there. */
  readonly missing: readonly string[];
  /** Why not. */
  readonly failure?: NotifyError | undefined;
}

/** One notification on its way out: shows what has its place, and keeps account of what has none. */
export class Sending {
  readonly #feeds: FeedTable;
  readonly #queue: PublishQueue;
  readonly #shown = new Map<string, Envelope>();
  readonly #failed = new Map<string, NotifyError>();
  readonly #published: Promise<boolean>[] = [];
  #fresh = 0;

  constructor(feeds: FeedTable, queue: PublishQueue) {
    this.#feeds = feeds;
    this.#queue = queue;
  }

  /** The store's word about some channels. */
  took({ channels, outcomes }: Appended): void {
    const stored: Envelope[] = [];
    // A duplicate was published by whoever stored it; where that failed, the position check finds it.
    const fresh: Envelope[] = [];
    for (const [i, channel] of channels.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined) continue;
      if (outcome.status === 'failed') this.#failed.set(channel, outcome.error);
      else stored.push(outcome.envelope);
      if (outcome.status === 'appended') fresh.push(outcome.envelope);
    }
    this.show(stored, fresh);
  }

  /**
   * Shows envelopes to this node's emitters and hands them to the broker, both before this returns.
   * @param fresh - those of them that the broker has not been given before
   */
  show(envelopes: readonly Envelope[], fresh: readonly Envelope[] = envelopes): void {
    for (const envelope of envelopes) this.#shown.set(envelope.channel, envelope);
    this.#fresh += fresh.length;
    this.#feeds.offer(envelopes);
    this.#published.push(this.#queue.publish(fresh));
  }

  end({ channels, content, durable }: Prepared): Sent {
    const [first = content] = this.#shown.values();
    const missing = durable ? channels.filter((channel) => !this.#shown.has(channel)) : [];
    return {
      id: first.id,
      time: first.time,
      channels: channels.map((channel) => {
        const { epoch = null, offset = null } = this.#shown.get(channel) ?? {};
        return { channel, epoch, offset };
      }),
      duplicate: this.#fresh === 0,
      published: this.#allPublished(),
      missing,
      failure: this.#failureOf(missing, channels.length, content.idempotency !== undefined),
    };
  }

  async #allPublished(): Promise<boolean> {
    const [first = true, ...rest] = this.#published;
    if (rest.length === 0) return first;
    return (await Promise.all(this.#published)).every(Boolean);
  }

  /** A failure that can pass comes before one that stays: a retry finishes what it can. */
  #failureOf(missing: readonly string[], all: number, hasKey: boolean): NotifyError | undefined {
    if (this.#failed.size === 0) return undefined;
    const errors = [...this.#failed.values()];
    const error = errors.find(({ retryable }) => retryable) ?? errors[0];
    if (error === undefined || all === 1) return error;
    const canFinish = hasKey && error.retryable;
    const advice = canFinish
      ? 'a retry with the same idempotency key finishes them'
      : error.message;
    // What was not tried failed with what kept us from trying.
    const failures = missing.map((channel): ChannelFailure => {
      const { code } = this.#failed.get(channel) ?? error;
      return { channel, code };
    });
    return new NotifyError(error.code, `${missing.length} of ${all} channels failed: ${advice}`, {
      cause: error,
      failures,
      ...(error.returnMs === undefined ? {} : { returnMs: error.returnMs }),
    });
  }
}
