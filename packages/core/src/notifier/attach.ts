import type { Principal } from '../access/principal.js';
import type { ChannelNames } from '../channels/channel-names.js';
import type { Control } from '../control/control.js';
import { Emitter, type EmitterContext } from '../emitters/emitter.js';
import type { EmitterRegistry } from '../emitters/emitter-registry.js';
import type { FollowStart, Outlet } from '../emitters/outlet.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Feed } from '../feeds/feed.js';
import type { FeedTable } from '../feeds/feed-table.js';
import { findStart, type Start } from '../feeds/find-start.js';
import type { StoreReads } from '../feeds/store-reads.js';
import type { InboxChanges } from '../inbox/inbox-changes.js';
import type { LimitCounters } from '../limits/counters.js';
import { type Cursor, cursorEntry, joinCursor, parseCursor } from '../positions/cursor.js';

/** What a transport asks for when a client has connected and was admitted. */
export interface AttachRequest {
  readonly principal: Principal;
  /**
   * When it was begun to find out who the client is, in milliseconds since 1970 UTC; default now. What was
   * revoked since then counts also for credentials that do not tell when they were issued.
   */
  readonly admittedAt?: number | undefined;
  /** Groups to follow beside the user's own channel and `all`; the transport has authorised them. */
  readonly groups: readonly string[];
  /** Where the client stood when it was last connected. */
  readonly cursor?: string | undefined;
  readonly outlet: Outlet;
  /** Whether the client went away while the positions were looked up. */
  readonly isGone: () => boolean;
}

/** What attaching works with. */
export interface AttacherContext {
  readonly feeds: FeedTable;
  readonly reads: StoreReads;
  readonly registry: EmitterRegistry;
  readonly channelNames: ChannelNames;
  readonly control: Control;
  /** Absent where users have no inbox. */
  readonly inboxes: Pick<InboxChanges, 'assureJoined'> | undefined;
  readonly counters: LimitCounters;
  readonly maxChannelsPerEmitter: number;
  readonly maxConnectionsPerUser: number;
  readonly emitterContext: EmitterContext;
}

/** Turns connected clients into emitters, and lets emitters follow and leave channels. */
export class Attacher {
  readonly #context: AttacherContext;

  constructor(context: AttacherContext) {
    this.#context = context;
  }

  /**
   * Resolves with the emitter once it has been told `ready` and notifications flow; undefined where the
   * client has gone meanwhile.
   */
  async attach(request: AttachRequest): Promise<Emitter | undefined> {
    const { channelNames, registry, emitterContext } = this.#context;
    const { principal, outlet, admittedAt = Date.now() } = request;
    await this.#context.control.admit(principal, admittedAt);
    this.#checkUser(principal, admittedAt);
    const cursor = request.cursor === undefined ? noCursor : parseCursor(request.cursor);
    const channels = new Set<string>();
    if (principal.userId !== null) channels.add(channelNames.user(principal.userId));
    for (const group of request.groups) channels.add(channelNames.group(group));
    channels.add(channelNames.all);
    this.#checkCount(channels.size);
    if (this.#context.inboxes !== undefined && principal.userId !== null) {
      channels.add(channelNames.inbox(principal.userId));
    }
    await this.#joinInbox(principal, request.groups);
    const followed = await this.#locate([...channels], cursor);
    const giveBack = (): void => {
      for (const { feed } of followed) this.#context.feeds.release(feed);
    };
    if (request.isGone()) {
      giveBack();
      return undefined;
    }
    try {
      // Once more: others may have come, or a revocation, while the positions were looked up.
      this.#checkUser(principal, admittedAt);
    } catch (error) {
      giveBack();
      throw error;
    }
    const emitter = new Emitter(principal, outlet, emitterContext);
    registry.add(emitter);
    outlet.ready(
      {
        userId: principal.userId,
        channels: new Map(followed.map(({ feed, start }) => [feed.channel, start.position])),
        recovered: followed.every(({ start }) => start.recovered),
      },
      joinCursor(followed.map(({ feed, start }) => cursorEntry(feed.key, start.position))),
    );
    for (const { feed, start } of followed) emitter.follow(feed, start);
    return emitter;
  }

  /**
   * Lets an emitter follow one more group. `begin` is called with where it starts, right before its first
   * notification is queued. Rejects with `LIMIT_EXCEEDED`, `CHANNEL_INVALID`, `CURSOR_INVALID` or
   * `STORE_UNAVAILABLE`.
   */
  async follow(
    emitter: Emitter,
    group: string,
    cursor: string | undefined,
    begin: (start: FollowStart) => void,
  ): Promise<void> {
    const channel = this.#context.channelNames.group(group);
    const positions = cursor === undefined ? noCursor : parseCursor(cursor);
    this.#checkCount(this.#countOf(emitter) + 1);
    await this.#joinInbox(emitter.principal, [group]);
    const [located] = await this.#locate([channel], positions);
    if (located === undefined) return;
    const { feed, start } = located;
    // Before looking at the emitter: a client that takes too little is closed by it.
    emitter.flush();
    const followed = emitter.channels;
    const full = this.#countOf(emitter) >= this.#context.maxChannelsPerEmitter;
    if (emitter.closed || full || followed.includes(channel)) {
      this.#context.feeds.release(feed);
      if (full && !emitter.closed) this.#checkCount(this.#countOf(emitter) + 1);
      if (emitter.closed || full) return;
    }
    begin({ channel, position: start.position, recovered: start.recovered });
    if (!followed.includes(channel)) emitter.follow(feed, start);
  }

  /** The channel left, whether it was followed or not. */
  unfollow(emitter: Emitter, group: string): string {
    const channel = this.#context.channelNames.group(group);
    const feed = emitter.unfollow(channel);
    if (feed !== undefined) this.#context.feeds.release(feed);
    return channel;
  }

  /** @throws NotifyError `UNAUTHENTICATED` */
  renew(emitter: Emitter, principal: Principal): void {
    const { userId, expiresAt } = principal;
    if (userId !== emitter.principal.userId) {
      throw new NotifyError('UNAUTHENTICATED', 'the credential is of another user');
    }
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      throw new NotifyError('UNAUTHENTICATED', 'the credential has expired');
    }
    this.#context.control.assertNotRevoked(principal, Date.now());
    emitter.renew(principal);
  }

  /** Gives back what an emitter held. */
  detached(emitter: Emitter, feeds: readonly Feed[]): void {
    this.#context.registry.remove(emitter);
    for (const feed of feeds) this.#context.feeds.release(feed);
  }

  /** All feeds with where to begin in each, or none: what was acquired is given back on failure. */
  async #locate(
    channels: readonly string[],
    cursor: Cursor,
  ): Promise<readonly { feed: Feed; start: Start }[]> {
    const { feeds, reads } = this.#context;
    const settled = await Promise.allSettled(
      channels.map(async (channel) => {
        const feed = await feeds.acquire(channel);
        try {
          return { feed, start: await findStart(feed, cursor.get(feed.key), reads) };
        } catch (error) {
          feeds.release(feed);
          throw error;
        }
      }),
    );
    const located = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed === undefined) return located;
    for (const { feed } of located) feeds.release(feed);
    throw failed.reason;
  }

  /** Before anything is shown, so that what is shown from now on is in the inbox. */
  async #joinInbox({ userId }: Principal, groups: readonly string[]): Promise<void> {
    if (userId !== null) await this.#context.inboxes?.assureJoined({ userId, groups });
  }

  /** The channels that count towards the limit: that of the inbox is extra. */
  #countOf({ channels, principal: { userId } }: Emitter): number {
    const hasInbox = this.#context.inboxes !== undefined && userId !== null;
    return channels.length - (hasInbox ? 1 : 0);
  }

  #checkCount(count: number): void {
    const { maxChannelsPerEmitter } = this.#context;
    if (count > maxChannelsPerEmitter) {
      throw this.#context.counters.exceeded(
        'channelsPerStream',
        `a stream follows at most ${maxChannelsPerEmitter} channels`,
      );
    }
  }

  /** @throws NotifyError `UNAUTHENTICATED` or `LIMIT_EXCEEDED` */
  #checkUser(principal: Principal, admittedAt: number): void {
    const { control, registry, counters, maxConnectionsPerUser } = this.#context;
    control.assertNotRevoked(principal, admittedAt);
    const { userId } = principal;
    if (userId !== null && registry.countOf(userId) >= maxConnectionsPerUser) {
      throw counters.exceeded(
        'connectionsPerUser',
        `a user has at most ${maxConnectionsPerUser} streams on one node`,
        { returnMs: 5_000 },
      );
    }
  }
}

const noCursor: Cursor = new Map();
