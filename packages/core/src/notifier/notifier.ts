import type { Principal } from '../access/principal.js';
import type { CatalogueSchemas, DataOf, TypeOf } from '../catalogue/catalogue.js';
import type { NotificationOf } from '../catalogue/notification-of.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { type RevocationTarget, revocationTargetSchema } from '../control/revocation.js';
import type { Emitter } from '../emitters/emitter.js';
import type { EmitterRegistry } from '../emitters/emitter-registry.js';
import type { FollowStart } from '../emitters/outlet.js';
import { NotifyError } from '../errors/notify-error.js';
import { TypedEvents } from '../events/typed-events.js';
import type { Inbox } from '../inbox/inbox.js';
import type { InboxClient } from '../inbox/membership.js';
import type { Connections } from '../limits/connections.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Notification } from '../notification/notification.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { BrokerState } from '../ports/broker.js';
import { assembleParts, type NotifierParts } from './assemble-parts.js';
import type { AttachRequest } from './attach.js';
import { type Health, HealthWatch } from './health.js';
import type { HistoryPage, HistoryRequest } from './history.js';
import { LifeCycle } from './life-cycle.js';
import type { NotifierEvents } from './notifier-events.js';
import type { NotifierOptions } from './notifier-options.js';
import type {
  NotifyInTransaction,
  NotifyOutcome,
  NotifyPending,
  NotifyRequest,
  NotifyResult,
} from './notify-request.js';
import { openInbox } from './open-inbox.js';
import type { StopSource } from './stop-sources.js';

/**
 * The facade of the library: publishes, and holds the streams of this node. Made by {@link createNotifier}.
 * @typeParam Item - what is read, which follows from `Schemas`; by itself, so that any notifier is a `Notifier`
 */
export class Notifier<
  Schemas extends CatalogueSchemas = CatalogueSchemas,
  Item extends Notification = NotificationOf<Schemas>,
> {
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
  readonly #life: LifeCycle;
  readonly #health: HealthWatch;

  constructor(options: NotifierOptions<Schemas>) {
    this.#parts = assembleParts(options, {
      ended: (emitter, reason) => {
        this.#events.emit('detached', { emitter, ...(reason === undefined ? {} : { reason }) });
      },
      notified: (type, result) => this.#events.emit('notified', { type, result }),
      undelivered: (undelivered) => this.#events.emit('undelivered', undelivered),
      unescalated: (unescalated) => this.#events.emit('unescalated', unescalated),
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
    this.#health = new HealthWatch(this.#parts, channelNames.all, this.#parts.deafAfterMs);
    this.#life = new LifeCycle(this.#parts, {
      brokerState: (state) => this.#brokerIs(state),
      directoryState: (state) => this.#events.emit('directory', state),
      presence: (change) => this.#events.emit('presence', change),
      closed: () => this.#events.clear(),
    });
  }

  /** Resolves when `close` or `drain` has finished; never rejects. */
  get closed(): Promise<void> {
    return this.#life.closed;
  }

  /**
   * Connects store, broker and directory. Rejects where trying again cannot help, and with `CLOSED` where the
   * notifier was drained or closed meanwhile; an outage only degrades.
   */
  start(): Promise<void> {
    return this.#life.start();
  }

  /**
   * Sends a notification. When it resolves, a durable one is in the store, as safe as the store is
   * configured, on every channel of the audience; or, where `whenStoreDown` is `buffer` or `log` and the
   * store is down, it waits in memory or in the write-back log and the result says `buffered`.
   * Rejects with `TYPE_UNKNOWN`, `DATA_INVALID`, `DATA_TOO_LARGE`, `AUDIENCE_INVALID`,
   * `CHANNEL_INVALID`, `RECIPIENT_UNKNOWN`, `RECIPIENTS_UNCHECKED`, `IDEMPOTENCY_CONFLICT`,
   * `STORE_UNAVAILABLE`, `LIMIT_EXCEEDED` where too much is buffered, `NOT_STARTED` or `CLOSED`. Where it
   * failed on some of several channels, the error's `failures` names each, and the others have it.
   */
  notify<Type extends TypeOf<Schemas>>(
    request: NotifyRequest<Type, DataOf<Schemas, Type>>,
  ): Promise<NotifyResult>;
  /**
   * Sends a notification if and only if the host's transaction commits, and once: it is written into the
   * store's outbox as part of that transaction, and whichever node relays it first shows it after the commit.
   * `notified` is told there, of a large audience in parts; `undelivered` for each channel where the
   * idempotency key turns out to be in conflict. Neither `whenStoreDown` nor {@link enqueue} apply.
   * Rejects as above before anything is written, also with `TRANSACTIONS_UNSUPPORTED`, and `OPTIONS_INVALID`
   * where `session` has no transaction open or the request is not durable; with the driver's own error where
   * writing failed: then roll back.
   */
  notify<Type extends TypeOf<Schemas>>(
    request: NotifyRequest<Type, DataOf<Schemas, Type>>,
    options: NotifyInTransaction,
  ): Promise<NotifyPending>;
  async notify(
    request: NotifyRequest,
    options?: NotifyInTransaction,
  ): Promise<NotifyResult | NotifyPending> {
    if (options === undefined) return this.notifyUnchecked(request);
    this.#life.assertTakesWork();
    return this.#life.track(this.#parts.outboxWriter.write(request, options));
  }

  /** As {@link notify}, for requests that come from outside and are only checked at run time. */
  async notifyUnchecked(request: NotifyRequest): Promise<NotifyResult> {
    this.#life.assertTakesWork();
    const result = await this.#life.track(this.#parts.publisher.publish(request));
    if (!result.buffered) this.#events.emit('notified', { type: request.type, result });
    return result;
  }

  /**
   * As {@link notifyUnchecked} for each of several, in their order, with an outcome for each: what goes to
   * one channel is stored a hundred at a time. After a failure that can pass nothing that follows is
   * tried, and fails with it, so that sending the rest again, with the same idempotency keys, keeps the
   * order. Rejects with `NOT_STARTED` or `CLOSED`.
   */
  async notifyMany(requests: readonly NotifyRequest[]): Promise<readonly NotifyOutcome[]> {
    this.#life.assertTakesWork();
    const outcomes = await this.#life.track(this.#parts.publisher.publishMany(requests));
    for (const [i, outcome] of outcomes.entries()) {
      const type = requests[i]?.type;
      if (type === undefined || outcome.status === 'failed' || outcome.result.buffered) continue;
      this.#events.emit('notified', { type, result: outcome.result });
    }
    return outcomes;
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
    this.#life.assertTakesWork();
    return this.#parts.storeQueue.enqueue(request);
  }

  /**
   * The inbox of a user.
   * @param groups - groups that the user may follow, already authorised; where the notifier has no `groupsOf`, what
   *   comes to them from now on is in the inbox
   * @throws NotifyError `OPTIONS_INVALID` where the notifier was made without `inbox`, `CHANNEL_INVALID`
   */
  inbox(
    userId: string,
    { groups = [] }: { readonly groups?: readonly string[] } = {},
  ): Inbox<Item> {
    return openInbox(this.#parts, this.#life, { userId, groups });
  }

  /** Whether users have an inbox: {@link NotifierOptions.inbox}. */
  get hasInbox(): boolean {
    return this.#parts.inboxes !== undefined;
  }

  /**
   * Has `use` work on the inbox of a client, as {@link inbox}; for routes. Rejects also with `UNAUTHENTICATED` where
   * the credential was revoked, also meanwhile, and with `FORBIDDEN` for an anonymous client.
   */
  async withInbox<Result>(
    { principal, groups, mayFollow }: InboxClient,
    use: (inbox: Inbox<Item>) => Promise<Result>,
  ): Promise<Result> {
    const { userId } = principal;
    if (userId === null) {
      throw new NotifyError('FORBIDDEN', 'an anonymous client has no inbox');
    }
    const inbox = openInbox<Item>(this.#parts, this.#life, {
      userId,
      groups,
      mayFollow,
    });
    return this.#admitted(principal, () => use(inbox));
  }

  /** The newest stored notifications of some channels, and the cursor from which a stream goes on. */
  async history(request: HistoryRequest): Promise<HistoryPage> {
    return this.#admitted(request.principal, () => this.#parts.history.read(request));
  }

  /**
   * Opens a stream for an admitted client; for transports. Resolves undefined where it went meanwhile.
   * Rejects with `CURSOR_INVALID`, `CHANNEL_INVALID`, `LIMIT_EXCEEDED`, `STORE_UNAVAILABLE`,
   * `PUBLISH_ONLY`, `NOT_STARTED` or `CLOSED`.
   */
  async attach(request: AttachRequest): Promise<Emitter | undefined> {
    this.#life.assertTakesStreams();
    this.#assertServing();
    const emitter = await this.#parts.attacher.attach(request);
    if (emitter === undefined || emitter.closed) return undefined;
    this.#events.emit('attached', { emitter });
    if (this.#life.refusesStreams) {
      emitter.close({ code: 'DRAINING', returnMs: Math.random() * 1_000 });
    }
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
    this.#life.assertTakesWork();
    this.#assertServing();
    const resolved = resolveOptions(revocationTargetSchema, target, 'revoke');
    return this.#life.track(this.#parts.control.revoke(resolved));
  }

  /**
   * Whether a user has a stream on any node, or had one until `feedGraceMs` ago. Rejects with
   * `DIRECTORY_UNAVAILABLE`, `DIRECTORY_MISSING`, `CHANNEL_INVALID`, `NOT_STARTED` or `CLOSED`.
   */
  async online(userId: string): Promise<boolean> {
    return (await this.where(userId)).length > 0;
  }

  /** Those of the users, at most `maxUsers`, that are {@link online}; beyond that `LIMIT_EXCEEDED`. */
  async onlineMany(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    this.#life.assertTakesWork();
    return this.#parts.presence.online(userIds);
  }

  /** The ids of the nodes on which a user is {@link online}. */
  async where(userId: string): Promise<readonly string[]> {
    this.#life.assertTakesWork();
    const [nodeIds = []] = await this.#parts.presence.where([userId]);
    return nodeIds;
  }

  /** Whether this node can serve, found out by a round trip through broker and store. */
  async health(): Promise<Health> {
    return this.#health.look(this.#life.stage);
  }

  /** Calls `listener` for each event of that name, until the function that is returned is called. */
  on<Name extends Extract<keyof NotifierEvents, string>>(
    name: Name,
    listener: (context: NotifierEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Has `drain` call this first, as for a source: it is to bring in nothing more and to resolve when what it
   * has begun is done and committed; `notify` takes that still. Waited for ten seconds at most, and what it
   * throws is logged. `close` does not call it. Returns the function that takes it back.
   */
  onDrain(stop: StopSource): () => void {
    return this.#life.onDrain(stop);
  }

  /**
   * Finishes what was promised, then closes. Readiness says no from the first moment, and for
   * `drainGraceMs` everything is served as before. Then no stream and no work is taken on; the closes of
   * streams are spread over `drainWindowMs`, and each client is told when to come back. Meanwhile publishes
   * under way end, what was enqueued or buffered too (during an outage for `enqueuePatienceMs` at most,
   * then it is `undelivered`). The host's server is left alone: close it afterwards.
   */
  drain(): Promise<void> {
    return this.#life.drain();
  }

  /** Ends at once, idempotent. Closes every stream, and of broker and store what they opened. */
  close(): Promise<void> {
    return this.#life.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #admitted<Found>(principal: Principal, look: () => Promise<Found>): Promise<Found> {
    this.#life.assertTakesWork();
    const { control, publishOnly } = this.#parts;
    return publishOnly ? look() : control.whileAdmitted(principal, look);
  }

  #assertServing(): void {
    if (this.#parts.publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'this node was made with `publishOnly`');
    }
  }

  #brokerIs(state: BrokerState): void {
    if (!this.#health.linkIs(state.state)) return;
    this.#parts.control.linkChanged(state.state === 'up');
    this.#events.emit('broker', state);
  }
}

/**
 * Makes a notifier. Nothing is connected before its `start`.
 * @throws NotifyError `OPTIONS_INVALID`; `STORE_NOT_SHARED` for a remote broker with a store that nodes do not
 *   share; `DIRECTORY_MISSING` for a directed broker, or an escalation that asks who is online, without directory
 */
export function createNotifier<const Schemas extends CatalogueSchemas>(
  options: NotifierOptions<Schemas>,
): Notifier<Schemas> {
  return new Notifier(options);
}
