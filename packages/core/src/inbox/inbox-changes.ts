import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { FeedTable } from '../feeds/feed-table.js';
import { UuidV7Source } from '../notification/uuid-v7.js';
import type { Appender } from '../notifier/append-audience.js';
import type { PublishQueue } from '../notifier/publish-queue.js';
import { Sending } from '../notifier/sending.js';
import type { Draft, Store } from '../ports/store.js';
import { positionOf } from '../positions/position.js';
import { type InboxChange, inboxChangedType } from './inbox-change.js';
import { InboxCounter, type InboxNumbers } from './inbox-counter.js';
import { type InboxCounts, InboxLook } from './inbox-look.js';
import { InboxState } from './inbox-state.js';
import type { Follower, Membership } from './membership.js';
import { OneAtATime } from './one-at-a-time.js';

/** What {@link InboxChanges} works with. */
export interface InboxChangesContext {
  readonly store: Pick<Store, 'states' | 'readAfter'>;
  readonly appender: Appender;
  readonly feeds: FeedTable;
  readonly queue: PublishQueue;
  readonly channelNames: ChannelNames;
  readonly membership: Membership;
  readonly maxItems: number;
}

/** What a change does to the state of a look, and what it is called; undefined: nothing is to be told of it. */
export type Work = (look: InboxLook) => Omit<InboxChange, 'unread' | 'unseen' | 'at'> | undefined;

/** Behind the end of every log. */
const beyondAnyLog = Number.MAX_SAFE_INTEGER - 1;
const maxAttempts = 20;

/**
 * Looks at inboxes, counts them and changes them. A change is one append to `inbox:<user>` that carries the new state, and is made
 * only where no other came between: nodes that change one inbox at the same time do it one after the other.
 */
export class InboxChanges {
  readonly #context: InboxChangesContext;
  readonly #ids = new UuidV7Source();
  readonly #turns = new OneAtATime();
  readonly #counter: InboxCounter;

  constructor(context: InboxChangesContext) {
    this.#context = context;
    this.#counter = new InboxCounter(context.store);
  }

  count(look: InboxLook): Promise<InboxNumbers> {
    return this.#counter.count(look);
  }

  /** The inbox as it is, every channel joined, and those left that the user may not follow any more. */
  async look(follower: Follower): Promise<InboxLook> {
    const look = await this.#look(follower);
    if (look.unjoined.length === 0 && look.refused.length === 0) return look;
    await this.join(follower);
    return this.#look(follower);
  }

  /** As {@link join}, where it is not so already; costs one read. */
  async assureJoined(follower: Follower): Promise<void> {
    const { state, channels } = await this.#members(follower);
    if (channels.some((channel) => !state.channels.has(channel))) await this.join(follower);
  }

  /** From now on what comes to these groups is in the inbox; what is there already is not. */
  async join(follower: Follower): Promise<void> {
    await this.change(follower, ({ unjoined }) => {
      if (unjoined.length === 0) return undefined;
      const groups = this.#context.channelNames.groupsOf(unjoined);
      // Of the user's own channel and `all` nobody has to be told.
      return { action: 'joined', groups };
    });
  }

  /**
   * Does `work`, again where somebody else was faster, and tells the user's devices. Resolves with the counts
   * after it. Where it changes nothing, nothing is stored or told. Groups that the user may not follow any more
   * are left first.
   * Rejects with `STORE_UNAVAILABLE`, `HEAD_MOVED`, `GROUPS_UNAVAILABLE` or `INBOX_UNREADABLE`.
   */
  change(follower: Follower, work: Work): Promise<InboxCounts> {
    return this.#turns.run(follower.userId, () => this.#change(follower, work));
  }

  async #change(follower: Follower, work: Work): Promise<InboxCounts> {
    for (let attempt = 1; ; attempt += 1) {
      const look = await this.#look(follower);
      const left = this.#left(look);
      const told = left ?? work(look);
      const counts = await this.count(look);
      const { position, at } = look;
      if (told === undefined) return { ...counts, position, at };
      try {
        const after = await this.#append(follower.userId, look, { ...told, ...counts, at });
        if (left === undefined) return after;
      } catch (error) {
        const isLate = NotifyError.is(error) && error.code === 'HEAD_MOVED';
        if (!isLate || attempt === maxAttempts) throw error;
      }
    }
  }

  #left({ refused }: InboxLook): ReturnType<Work> {
    if (refused.length === 0) return undefined;
    return { action: 'left', groups: this.#context.channelNames.groupsOf(refused) };
  }

  async #look(follower: Follower): Promise<InboxLook> {
    const { store, channelNames, maxItems } = this.#context;
    const { position, state, channels, refused } = await this.#members(follower);
    const ends = await store.readAfter(
      channels.map((channel) => ({ channel, after: beyondAnyLog, limit: 1 })),
    );
    const logs = new Map(channels.map((channel, i) => [channel, ends[i] ?? nowhere()]));
    const ownChannel = channelNames.user(follower.userId);
    return new InboxLook({ position, state, logs, refused, ownChannel, maxItems });
  }

  async #members(follower: Follower) {
    const { store, channelNames, membership } = this.#context;
    const { userId } = follower;
    const groups = follower.groups.map((group) => channelNames.group(group));
    const [[kept], told] = await Promise.all([
      store.states([channelNames.inbox(userId)]),
      membership.toldBy(userId),
    ]);
    if (kept === undefined) throw new NotifyError('STORE_UNAVAILABLE', 'the store gave no state');
    const state = InboxState.parse(kept.stateJson);
    const channels = membership.channelsOf(userId, state, told, groups);
    const refused = await membership.refused(follower, told, channels);
    const allowed = channels.filter((channel) => !refused.includes(channel));
    return { position: kept.position, state, channels: allowed, refused };
  }

  /** The state with the marks of the look, and no others: of channels that were left nothing stays. */
  #written({ state, channels }: InboxLook): string {
    state.channels.clear();
    for (const { channel, marks, first } of channels) {
      marks.forgetBefore(first);
      state.channels.set(channel, marks);
    }
    return state.toJson();
  }

  async #append(userId: string, look: InboxLook, change: InboxChange): Promise<InboxCounts> {
    const { appender, feeds, queue, channelNames } = this.#context;
    const channel = channelNames.inbox(userId);
    const time = Date.now();
    const draft: Draft = {
      channel,
      id: this.#ids.next(time),
      type: inboxChangedType,
      time,
      dataJson: JSON.stringify(change),
      change: { from: look.position, stateJson: this.#written(look) },
    };
    const outcomes = await appender.append([draft]);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new NotifyError('STORE_UNAVAILABLE', 'no outcome came');
    if (outcome.status === 'failed') throw outcome.error;
    new Sending(feeds, queue).took({ channels: [channel], outcomes });
    const { unread, unseen, at } = change;
    return { unread, unseen, at, position: positionOf(outcome.envelope) };
  }
}

function nowhere(): never {
  throw new NotifyError('STORE_UNAVAILABLE', 'the store gave too few pages');
}
