import type { Principal } from '../access/principal.js';
import type { CatalogueSchemas, DataOf, TypeOf } from '../catalogue/catalogue.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { type RevocationTarget, revocationTargetSchema } from '../control/revocation.js';
import type { Emitter } from '../emitters/emitter.js';
import type { EmitterRegistry } from '../emitters/emitter-registry.js';
import type { FollowStart } from '../emitters/outlet.js';
import { NotifyError } from '../errors/notify-error.js';
import { TypedEvents } from '../events/typed-events.js';
import type { Connections } from '../limits/connections.js';
import type { LimitCounters } from '../limits/counters.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { BrokerState } from '../ports/broker.js';
import { assembleParts, type NotifierParts } from './assemble-parts.js';
import type { AttachRequest } from './attach.js';
import { closeOverWindow } from './close-over-window.js';
import { type Health, probeParts } from './health.js';
import type { HistoryPage, HistoryRequest } from './history.js';
import type { NotifierEvents } from './notifier-events.js';
import type { NotifierOptions } from './notifier-options.js';
import type { NotifyRequest, NotifyResult } from './notify-request.js';

type State = 'created' | 'started' | 'draining' | 'closed';

/** The facade of the library: publishes, and holds the streams of this node. Made by {@link createNotifier}. */
export class Notifier<Schemas extends CatalogueSchemas = CatalogueSchemas> {
  /** Names this node among the others. */
  readonly nodeId: string;
  /** The streams open on this node. */
  readonly emitters: EmitterRegistry;
  readonly channelNames: ChannelNames;
  /** The places for streams on this node; for transports. */
  readonly connections: Connections;
  /** How often limits were reached on this node. */
  readonly limits: LimitCounters;
  readonly #parts: NotifierParts;
  readonly #events: TypedEvents<NotifierEvents>;
  readonly #ending = new AbortController();
  readonly #closed: Promise<void>;
  #starting: Promise<void> | undefined;
  #resolveClosed: () => void = () => {};
  #state: State = 'created';
  #brokerState: BrokerState['state'] = 'up';
  #brokerChangedAt = 0;
  #underWay = 0;
  #idle: (() => void) | undefined;

  constructor(options: NotifierOptions<Schemas>) {
    this.#parts = assembleParts(options, {
      ended: (emitter, reason) => {
        this.#events.emit('detached', { emitter, ...(reason === undefined ? {} : { reason }) });
      },
      notified: (type, result) => this.#events.emit('notified', { type, result }),
      undelivered: (undelivered) => this.#events.emit('undelivered', undelivered),
      storeChanged: (state) => this.#events.emit('store', state),
    });
    const { nodeId, emitters, channelNames, connections, counters, logger } = this.#parts;
    this.nodeId = nodeId;
    this.emitters = emitters;
    this.channelNames = channelNames;
    this.connections = connections;
    this.limits = counters;
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
    const { publishOnly } = this.#parts;
    await this.#parts.broker.start(
      {
        receive: (envelopes) => this.#parts.feeds.offer(envelopes),
        resync: (reason, channels) => {
          this.#parts.logger.info(
            { reason },
            'envelopes may have been lost: feeds are compared with the store',
          );
          this.#parts.feeds.resync(channels);
        },
        status: (state) => this.#brokerChanged(state),
      },
      { publishOnly },
    );
    this.#assertNotEnding();
    if (!publishOnly) {
      this.#parts.feeds.start();
      this.#parts.deadlines.start();
      this.#parts.control.start();
    }
    this.#state = 'started';
  }

  /**
   * Sends a notification. When it resolves, a durable one is in the store, as safe as the store is
   * configured, on every channel of the audience; or, where `whenStoreDown` is `buffer` and the store is
   * down, it waits in memory and the result says `buffered`.
   * Rejects with `TYPE_UNKNOWN`, `DATA_INVALID`, `DATA_TOO_LARGE`, `AUDIENCE_INVALID`,
   * `CHANNEL_INVALID`, `RECIPIENT_UNKNOWN`, `RECIPIENTS_UNCHECKED`, `IDEMPOTENCY_CONFLICT`,
   * `STORE_UNAVAILABLE`, `LIMIT_EXCEEDED` where too much is buffered, `NOT_STARTED` or `CLOSED`. Where it
   * failed on some of several channels, the error's `failures` names each, and the others have it.
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
    if (!result.buffered) this.#events.emit('notified', { type: request.type, result });
    return result;
  }

  /**
   * Takes a notification on and returns its id at once; it is published in the background, after what
   * was enqueued before it for the same channel. A failure that can pass is tried again for
   * `enqueuePatienceMs`, without storing anything twice; what is given up is told by the event
   * `undelivered`. `drain` waits for all of it, `close` gives it up.
   * Where `idempotencyKey` had been used before, the notification shown is the first one, with its id.
   * @throws NotifyError `TYPE_UNKNOWN`, `DATA_INVALID`, `DATA_TOO_LARGE`, `AUDIENCE_INVALID`,
   *   `CHANNEL_INVALID`, `LIMIT_EXCEEDED` where too much waits already, `NOT_STARTED` or `CLOSED`
   */
  enqueue<Type extends TypeOf<Schemas>>(
    request: NotifyRequest<Type, DataOf<Schemas, Type>>,
  ): string {
    this.#assertStarted();
    return this.#parts.storeQueue.enqueue(request);
  }

  /** The newest stored notifications of some channels, and the cursor from which a stream goes on. */
  async history(request: HistoryRequest): Promise<HistoryPage> {
    this.#assertStarted();
    const { control, history, publishOnly } = this.#parts;
    if (publishOnly) return history.read(request);
    const admittedAt = Date.now();
    await control.admit(request.principal, admittedAt);
    const page = await history.read(request);
    // Once more: it may have been revoked while this was read.
    control.assertNotRevoked(request.principal, admittedAt);
    return page;
  }

  /**
   * Opens a stream for an admitted client; for transports. Resolves undefined where it went meanwhile.
   * Rejects with `CURSOR_INVALID`, `CHANNEL_INVALID`, `LIMIT_EXCEEDED`, `STORE_UNAVAILABLE`,
   * `PUBLISH_ONLY`, `NOT_STARTED` or `CLOSED`.
   */
  async attach(request: AttachRequest): Promise<Emitter | undefined> {
    this.#assertStarted();
    this.#assertServing();
    const emitter = await this.#parts.attacher.attach(request);
    if (emitter === undefined || emitter.closed) return undefined;
    this.#events.emit('attached', { emitter });
    if (this.#state !== 'started')
      emitter.close({ code: 'DRAINING', returnMs: Math.random() * 1_000 });
    return emitter;
  }

  /** Lets a stream follow one more group, which the transport has authorised. */
  async follow(
    emitter: Emitter,
    group: string,
    cursor: string | undefined,
    begin: (start: FollowStart) => void,
  ): Promise<void> {
    this.#assertServing();
    return this.#parts.attacher.follow(emitter, group, cursor, begin);
  }

  /** Lets a stream leave a group; returns the channel's name. */
  unfollow(emitter: Emitter, group: string): string {
    return this.#parts.attacher.unfollow(emitter, group);
  }

  /**
   * Gives a stream the newer credential of its user; the transport has authorised its groups.
   * @throws NotifyError `UNAUTHENTICATED` where it is another user's, has expired, or was revoked
   */
  renew(emitter: Emitter, principal: Principal): void {
    this.#parts.attacher.renew(emitter, principal);
  }

  /**
   * Ends the streams of a user, or of one session, on every node (`REVOKED`), and makes the credentials
   * void that were issued before. When it resolves no node shows them anything any more.
   * Rejects with `OPTIONS_INVALID`, `STORE_UNAVAILABLE`, `NOT_STARTED`, `CLOSED`, `PUBLISH_ONLY`, or with
   * `REVOKE_UNCONFIRMED` where it is recorded and not every node has said within `revokeWaitMs` that it acts.
   */
  async revoke(target: RevocationTarget): Promise<void> {
    this.#assertStarted();
    this.#assertServing();
    const resolved = resolveOptions(revocationTargetSchema, target, 'revoke');
    return this.#track(this.#parts.control.revoke(resolved));
  }

  /** Whether this node can serve, found out by a round trip through broker and store. */
  async health(): Promise<Health> {
    if (this.#state === 'created') return { status: 'starting', reasons: ['not started'] };
    if (this.#state !== 'started')
      return { status: 'draining', reasons: ['this node is going away'] };
    const reasons = await probeParts(this.#parts, this.channelNames.all);
    if (reasons.length === 0) return { status: 'ok', reasons };
    return { status: this.#isDeaf() ? 'deaf' : 'degraded', reasons };
  }

  /** Calls `listener` for each event of that name, until the function that is returned is called. */
  on<Name extends Extract<keyof NotifierEvents, string>>(
    name: Name,
    listener: (context: NotifierEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Finishes what was promised, then closes: refuses new work, lets publishes under way end, what was
   * enqueued or buffered too (during an outage for `enqueuePatienceMs` at most, then it is `undelivered`),
   * and spreads the closes of streams over the drain window, telling each client when to come back.
   */
  async drain(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'draining') return this.#closed;
    this.#state = 'draining';
    await this.#untilIdle();
    await this.#parts.storeQueue.drain();
    await this.#parts.queue.drain();
    await closeOverWindow(this.emitters.all(), this.#parts.drainWindowMs, this.#ending.signal);
    // Not before: who revokes waits for a node as long as it shows anything.
    if (!this.#parts.publishOnly) this.#parts.control.leave();
    await this.#parts.queue.drain();
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
    this.#parts.control.close();
    this.#parts.deadlines.close();
    this.#parts.storeQueue.close();
    this.#parts.breaker.close();
    this.#parts.recipients?.close();
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

  #assertServing(): void {
    if (this.#parts.publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'this node was made with `publishOnly`');
    }
  }

  #brokerChanged(state: BrokerState): void {
    if (state.state === this.#brokerState) return;
    this.#brokerState = state.state;
    this.#brokerChangedAt = performance.now();
    this.#parts.control.linkChanged(state.state === 'up');
    this.#events.emit('broker', state);
  }

  #isDeaf(): boolean {
    const { deafAfterMs = Number.POSITIVE_INFINITY } = this.#parts;
    return this.#brokerState === 'down' && performance.now() - this.#brokerChangedAt >= deafAfterMs;
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
