import type { CatalogueSchemas, DataOf, TypeOf } from '../catalogue/catalogue.js';
import type { ChannelNames } from '../channels/channel-names.js';
import type { CloseReason } from '../emitters/close-reason.js';
import type { Emitter } from '../emitters/emitter.js';
import type { EmitterRegistry } from '../emitters/emitter-registry.js';
import type { FollowStart } from '../emitters/outlet.js';
import { NotifyError } from '../errors/notify-error.js';
import { TypedEvents } from '../events/typed-events.js';
import type { BrokerState } from '../ports/broker.js';
import { assembleParts, type NotifierParts } from './assemble-parts.js';
import type { AttachRequest } from './attach.js';
import { closeOverWindow } from './close-over-window.js';
import { type Health, probeParts } from './health.js';
import type { HistoryPage, HistoryRequest } from './history.js';
import type { NotifierOptions } from './notifier-options.js';
import type { NotifyRequest, NotifyResult } from './publisher.js';

/** What a notifier tells about itself. */
export type NotifierEvents = {
  /** A stream opened. */
  attached: { readonly emitter: Emitter };
  /** A stream ended; `reason` is absent where the client left. */
  detached: { readonly emitter: Emitter; readonly reason?: CloseReason };
  /** A notification was stored, or sent as ephemeral. */
  notified: { readonly type: string; readonly result: NotifyResult };
  /** The broker's link changed. */
  broker: BrokerState;
};

type State = 'created' | 'started' | 'draining' | 'closed';

/** The facade of the library: publishes, and holds the streams of this node. Made by {@link createNotifier}. */
export class Notifier<Schemas extends CatalogueSchemas = CatalogueSchemas> {
  /** Names this node among the others. */
  readonly nodeId: string;
  /** The streams open on this node. */
  readonly emitters: EmitterRegistry;
  readonly channelNames: ChannelNames;
  readonly #parts: NotifierParts;
  readonly #events: TypedEvents<NotifierEvents>;
  readonly #ending = new AbortController();
  readonly #closed: Promise<void>;
  #starting: Promise<void> | undefined;
  #resolveClosed: () => void = () => {};
  #state: State = 'created';
  #brokerState: BrokerState['state'] = 'up';
  #underWay = 0;
  #idle: (() => void) | undefined;

  constructor(options: NotifierOptions<Schemas>) {
    this.#parts = assembleParts(options, (emitter, reason) => {
      this.#events.emit('detached', { emitter, ...(reason === undefined ? {} : { reason }) });
    });
    const { nodeId, emitters, channelNames, logger } = this.#parts;
    this.nodeId = nodeId;
    this.emitters = emitters;
    this.channelNames = channelNames;
    this.#events = new TypedEvents((error, event) =>
      logger.error({ err: error, event }, 'a listener threw'),
    );
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Resolves when `close` or `drain` has finished; never rejects. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /**
   * Connects broker and store. Rejects where trying again cannot help, and with `CLOSED` where the
   * notifier was drained or closed meanwhile; an outage only degrades.
   */
  async start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#state === 'started') return;
    this.#assertNotEnding();
    await this.#parts.store.start();
    this.#assertNotEnding();
    await this.#parts.broker.start({
      receive: (envelopes) => this.#parts.feeds.offer(envelopes),
      resync: (reason, channels) => {
        this.#parts.logger.info(
          { reason },
          'envelopes may have been lost: feeds are compared with the store',
        );
        this.#parts.feeds.resync(channels);
      },
      status: (state) => this.#brokerChanged(state),
    });
    this.#assertNotEnding();
    this.#parts.feeds.start();
    this.#parts.deadlines.start();
    this.#state = 'started';
  }

  /**
   * Sends a notification. When it resolves, a durable one is in the store, as safe as the store is
   * configured, on every channel of the audience.
   * Rejects with `TYPE_UNKNOWN`, `DATA_INVALID`, `DATA_TOO_LARGE`, `AUDIENCE_INVALID`,
   * `CHANNEL_INVALID`, `IDEMPOTENCY_CONFLICT`, `STORE_UNAVAILABLE`, `NOT_STARTED` or `CLOSED`.
   */
  async notify<Type extends TypeOf<Schemas>>(
    request: NotifyRequest<Type, DataOf<Schemas, Type>>,
  ): Promise<NotifyResult> {
    return this.notifyUnchecked(request);
  }

  /** As {@link notify}, for requests that come from outside and are only checked at run time. */
  async notifyUnchecked(request: NotifyRequest): Promise<NotifyResult> {
    this.#assertStarted();
    const result = await this.#track(this.#parts.publisher.publish(request));
    this.#events.emit('notified', { type: request.type, result });
    return result;
  }

  /** The newest stored notifications of some channels, and the cursor from which a stream goes on. */
  async history(request: HistoryRequest): Promise<HistoryPage> {
    this.#assertStarted();
    return this.#parts.history.read(request);
  }

  /**
   * Opens a stream for an admitted client; for transports. Resolves undefined where it went meanwhile.
   * Rejects with `CURSOR_INVALID`, `CHANNEL_INVALID`, `LIMIT_EXCEEDED`, `STORE_UNAVAILABLE`,
   * `NOT_STARTED` or `CLOSED`.
   */
  async attach(request: AttachRequest): Promise<Emitter | undefined> {
    this.#assertStarted();
    const emitter = await this.#parts.attacher.attach(request);
    if (emitter === undefined || emitter.closed) return undefined;
    this.#events.emit('attached', { emitter });
    if (this.#state !== 'started')
      emitter.close({ code: 'DRAINING', returnMs: Math.random() * 1_000 });
    return emitter;
  }

  /** Lets a stream follow one more group, which the transport has authorised. */
  follow(
    emitter: Emitter,
    group: string,
    cursor: string | undefined,
    begin: (start: FollowStart) => void,
  ): Promise<void> {
    return this.#parts.attacher.follow(emitter, group, cursor, begin);
  }

  /** Lets a stream leave a group; returns the channel's name. */
  unfollow(emitter: Emitter, group: string): string {
    return this.#parts.attacher.unfollow(emitter, group);
  }

  /** Closes a stream when a time has come (milliseconds since 1970 UTC), with whatever ended it first. */
  endAt(emitter: Emitter, at: number, reason: CloseReason): void {
    this.#parts.attacher.endAt(emitter, at, reason);
  }

  /** Whether this node can serve, found out by a round trip through broker and store. */
  async health(): Promise<Health> {
    if (this.#state === 'created') return { status: 'starting', reasons: ['not started'] };
    if (this.#state !== 'started')
      return { status: 'draining', reasons: ['this node is going away'] };
    const reasons = await probeParts(this.#parts.broker, this.#parts.store, this.channelNames.all);
    return { status: reasons.length === 0 ? 'ok' : 'degraded', reasons };
  }

  /** Calls `listener` for each event of that name, until the function that is returned is called. */
  on<Name extends Extract<keyof NotifierEvents, string>>(
    name: Name,
    listener: (context: NotifierEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Finishes what was promised, then closes: refuses new work, lets publishes under way end, and spreads
   * the closes of streams over the drain window, telling each client when to come back.
   */
  async drain(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'draining') return this.#closed;
    this.#state = 'draining';
    await this.#untilIdle();
    await this.#parts.queue.drain();
    await closeOverWindow(this.emitters.all(), this.#parts.drainWindowMs, this.#ending.signal);
    await Promise.allSettled([this.#parts.broker.drain(), this.#parts.store.drain()]);
    await this.close();
  }

  /** Ends at once, idempotent. Closes every stream, and of broker and store what they opened. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return this.#closed;
    this.#state = 'closed';
    this.#ending.abort();
    for (const emitter of this.emitters.all()) {
      emitter.close({ code: 'CLOSED', returnMs: Math.random() * 5_000 });
    }
    this.#parts.deadlines.close();
    this.#parts.queue.close();
    this.#parts.feeds.close();
    await Promise.allSettled([this.#parts.broker.close(), this.#parts.store.close()]);
    this.#events.clear();
    this.#resolveClosed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertStarted(): void {
    if (this.#state === 'created') {
      throw new NotifyError('NOT_STARTED', 'await `start` before using the notifier');
    }
    this.#assertNotEnding();
  }

  #assertNotEnding(): void {
    if (this.#state === 'draining' || this.#state === 'closed') {
      throw new NotifyError('CLOSED', 'this node is going away');
    }
  }

  #brokerChanged(state: BrokerState): void {
    if (state.state === this.#brokerState) return;
    this.#brokerState = state.state;
    this.#events.emit('broker', state);
  }

  async #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay += 1;
    try {
      return await work;
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#idle?.();
    }
  }

  async #untilIdle(): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }
}

/**
 * Makes a notifier. Nothing is connected before its `start`.
 * @throws NotifyError `OPTIONS_INVALID`; `STORE_NOT_SHARED` for a remote broker with a store that nodes do not share
 */
export function createNotifier<const Schemas extends CatalogueSchemas>(
  options: NotifierOptions<Schemas>,
): Notifier<Schemas> {
  return new Notifier(options);
}
