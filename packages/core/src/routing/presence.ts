import type { ChannelNames } from '../channels/channel-names.js';
import { NotifyError } from '../errors/notify-error.js';
import type { LimitCounters } from '../limits/counters.js';
import type { Directory } from '../ports/directory.js';

/** What looking users up works with. */
export interface PresenceContext {
  readonly directory?: Directory | undefined;
  readonly channelNames: ChannelNames;
  readonly counters: LimitCounters;
  readonly maxUsers: number;
}

/** Who is online, and where: one look-up in the directory, however many users are asked about. */
export class Presence {
  readonly #context: PresenceContext;

  constructor(context: PresenceContext) {
    this.#context = context;
  }

  async where(userIds: readonly string[]): Promise<readonly (readonly string[])[]> {
    const { directory, channelNames, counters, maxUsers } = this.#context;
    if (directory === undefined) {
      throw new NotifyError(
        'DIRECTORY_MISSING',
        'who is online is known to a directory: give `createNotifier` one',
      );
    }
    if (userIds.length > maxUsers) {
      throw counters.exceeded('users', `at most ${maxUsers} users are looked up at once`);
    }
    for (const userId of userIds) channelNames.user(userId);
    return userIds.length === 0 ? [] : directory.where(userIds);
  }

  async online(userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.where(userIds);
    return new Set(userIds.filter((_, i) => (found[i]?.length ?? 0) > 0));
  }
}
