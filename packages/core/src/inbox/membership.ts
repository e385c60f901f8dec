import type { Principal } from '../access/principal.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { Logger } from '../ports/logger.js';
import { withinMs } from '../time/within-ms.js';
import type { InboxState } from './inbox-state.js';

/**
 * Names the groups that a user is in. Asked for at each use of the inbox, and at each connect; rejecting, and
 * an answer that is no list of group names, count as temporary.
 */
export type GroupsOf = (userId: string) => Promise<readonly string[]> | readonly string[];

/** Whose inbox is used, and what is known of the groups that the user may follow. */
export interface Follower {
  readonly userId: string;
  /** Groups that the user may follow. */
  readonly groups: readonly string[];
  /** Asked of each other group in the inbox where there is no `groupsOf`: those that are refused are left. */
  readonly mayFollow?: ((group: string) => Promise<boolean>) | undefined;
}

/** A client that was admitted, for routes. */
export interface InboxClient extends Omit<Follower, 'userId'> {
  readonly principal: Principal;
}

/** What {@link Membership} works with. */
export interface MembershipContext {
  readonly channelNames: ChannelNames;
  readonly groupsOf?: GroupsOf | undefined;
  /** How long `groupsOf` may take. */
  readonly groupsWaitMs: number;
  /** Groups in one inbox at most. */
  readonly maxGroups: number;
  readonly logger: Logger;
}

/** Tells which channels a user's inbox takes in: the user's own, those of groups, and `all`. */
export class Membership {
  readonly #context: MembershipContext;

  constructor(context: MembershipContext) {
    this.#context = context;
  }

  /**
   * The groups' channels, asked of the host where it has told us whom to ask. Undefined where it has not: then a
   * group counts from when the user first followed it or looked at it.
   * Rejects with `GROUPS_UNAVAILABLE`.
   */
  async toldBy(userId: string): Promise<readonly string[] | undefined> {
    const { groupsOf, groupsWaitMs, maxGroups, logger } = this.#context;
    if (groupsOf === undefined) return undefined;
    const asked = Promise.resolve(userId).then(groupsOf);
    try {
      const groups = await withinMs(asked, groupsWaitMs, () => {
        return new Error(`it took over ${groupsWaitMs} ms`);
      });
      const channels = this.#channelsOf(groups);
      const facts = { userId, groups: channels.length, maxGroups };
      if (channels.length > maxGroups) logger.warn(facts, 'an inbox does not take in all groups');
      return channels;
    } catch (cause) {
      throw new NotifyError('GROUPS_UNAVAILABLE', 'the `groupsOf` hook failed', { cause });
    }
  }

  #channelsOf(groups: unknown): readonly string[] {
    if (!Array.isArray(groups)) throw new Error('it did not answer with a list');
    const channels = groups.map((group: unknown) => {
      if (typeof group !== 'string') throw new Error('it named a group that is no text');
      return this.#context.channelNames.group(group);
    });
    return [...new Set(channels)];
  }

  /**
   * Those channels of groups in an inbox that its user may not follow any more.
   * @param channels - of the inbox
   */
  async refused(
    { groups, mayFollow }: Follower,
    told: readonly string[] | undefined,
    channels: readonly string[],
  ): Promise<readonly string[]> {
    if (told !== undefined || mayFollow === undefined) return [];
    const { channelNames } = this.#context;
    const refused: string[] = [];
    for (const group of channelNames.groupsOf(channels)) {
      if (groups.includes(group) || (await mayFollow(group))) continue;
      refused.push(channelNames.group(group));
    }
    return refused;
  }

  /**
   * All channels of the inbox.
   * @param told - what {@link toldBy} answered
   * @param followed - channels of groups that the user may follow, as far as the caller knows
   */
  channelsOf(
    userId: string,
    state: InboxState,
    told: readonly string[] | undefined,
    followed: readonly string[] = [],
  ): readonly string[] {
    const { channelNames, maxGroups } = this.#context;
    const own = channelNames.user(userId);
    const joined = [...state.channels.keys()].filter((channel) => channelNames.isGroup(channel));
    const { all } = channelNames;
    if (told === undefined) {
      // The one joined first goes where there are too many.
      return [own, ...[...new Set([...joined, ...followed])].slice(-maxGroups), all];
    }
    // Where there are too many, what is in the inbox stays, in whatever order the host names them.
    const staying = joined.filter((channel) => told.includes(channel));
    return [own, ...[...new Set([...staying, ...told])].slice(0, maxGroups), all];
  }
}
