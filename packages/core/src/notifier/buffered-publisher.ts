import { NotifyError } from '../errors/notify-error.js';
import type { NotifyRequest, NotifyResult, WhenStoreDown } from './notify-request.js';
import { type Prepared, type Publisher, resultOf } from './publisher.js';
import type { Sent } from './sending.js';
import type { StoreBreaker } from './store-breaker.js';
import type { StoreQueue } from './store-queue.js';

/** What publishing under the eyes of a caller works with. */
export interface BufferedPublisherContext {
  readonly publisher: Publisher;
  readonly queue: StoreQueue;
  readonly breaker: StoreBreaker;
  readonly whenStoreDown: WhenStoreDown;
}

/** Publishes for `notify`; what the store does not take waits in the queue, where the host chose so. */
export class BufferedPublisher {
  readonly #context: BufferedPublisherContext;

  constructor(context: BufferedPublisherContext) {
    this.#context = context;
  }

  /**
   * Rejects as {@link Publisher.prepare} throws, as {@link Publisher.check} and {@link Publisher.finish},
   * and with `LIMIT_EXCEEDED` where too much waits.
   */
  async publish(request: NotifyRequest): Promise<NotifyResult> {
    const { publisher, queue, breaker, whenStoreDown } = this.#context;
    const buffers = (request.whenStoreDown ?? whenStoreDown) === 'buffer';
    const prepared = buffers ? publisher.prepareToRetry(request) : publisher.prepare(request);
    const checking = publisher.check(prepared);
    if (checking !== undefined) await checking;
    const waits = prepared.durable && queue.holds(prepared.channels);
    if (waits && !buffers) {
      throw new NotifyError('STORE_UNAVAILABLE', 'others of the channel wait for the store');
    }
    if (waits || (prepared.durable && buffers && !breaker.admits)) {
      return this.#wait(request, prepared);
    }
    const sent = await publisher.send(prepared);
    if (!buffers || sent.failure?.code !== 'STORE_UNAVAILABLE') {
      return publisher.finish(prepared, sent);
    }
    return this.#wait(request, prepared, sent);
  }

  /** @param sent - what the store took of it; nothing where absent */
  async #wait(request: NotifyRequest, prepared: Prepared, sent?: Sent): Promise<NotifyResult> {
    const { id, time } = prepared.content;
    const known = sent ?? {
      id,
      time,
      channels: prepared.channels.map((channel) => ({ channel, epoch: null, offset: null })),
      missing: prepared.channels,
      published: true,
    };
    const content = { ...prepared.content, id: known.id, time: known.time };
    const shown = this.#buffer(request, { ...prepared, content }, known.missing, sent);
    const published = (await Promise.all([shown, known.published])).every(Boolean);
    return resultOf({ ...known, duplicate: false }, { stored: false, buffered: true, published });
  }

  #buffer(
    request: NotifyRequest,
    prepared: Prepared,
    missing: readonly string[],
    sent: Sent | undefined,
  ): Promise<boolean> {
    try {
      return this.#context.queue.buffer(request, prepared, missing);
    } catch (error) {
      // Says on which channels it failed.
      throw sent?.failure ?? error;
    }
  }
}
