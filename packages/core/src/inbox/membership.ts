import type { Principal } from '../access/principal.js';
import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
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
   * Rejects with `GROUPS_UNAVAILABLE` or `LIMIT_EXCEEDED`.
   */
  async toldBy(userId: string): Promise<readonly string[] | undefined> {
    const { groupsOf, groupsWaitMs, channelNames, maxGroups } = this.#context;
    if (groupsOf === undefined) return undefined;
    const asked = Promise.resolve(userId).then(groupsOf);
    let groups: readonly string[];
    try {
      groups = await withinMs(asked, groupsWaitMs, () => {
        return new Error(`it took over ${groupsWaitMs} ms`);
      });
      if (!Array.isArray(groups)) throw new Error('it did not answer with a list');
    } catch (cause) {
      throw new NotifyError('GROUPS_UNAVAILABLE', 'the `groupsOf` hook failed', { cause });
    }
    const channels = new Set(groups.map((group) => channelNames.group(group)));
    if (channels.size > maxGroups) {
      throw new NotifyError('LIMIT_EXCEEDED', `an inbox takes in at most ${maxGroups} groups`);
    }
    return [...channels];
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
    // The one joined first goes where there are too many.
    const groups = told ?? [...new Set([...joined, ...followed])].slice(-maxGroups);
    return [own, ...groups, channelNames.all];
  }
}
