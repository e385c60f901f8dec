import { z } from 'zod';
import type { GroupsOf } from './membership.js';

/** What an inbox takes in, of what the `retention` of the store keeps: 7 days by default. All nodes use the same. */
export interface InboxOptions {
  /**
   * Names the groups that a user is in, also of one who is not connected. Default: a group counts from when the user
   * first followed it, or looked at it, until `leave`.
   */
  readonly groupsOf?: GroupsOf | undefined;
  /** How long `groupsOf` may take, 5,000; then it is `GROUPS_UNAVAILABLE`. */
  readonly groupsWaitMs?: number | undefined;
  /**
   * Groups in one inbox, 30; at most 31. Of more the newest that were followed count, or, of those that `groupsOf`
   * names, the ones that are in the inbox already and then the first.
   */
  readonly maxGroups?: number | undefined;
  /** The newest of each channel that are in the inbox, as far as the store keeps them, 1,000; at most 10,000. */
  readonly maxItems?: number | undefined;
}

/** Checks {@link InboxOptions}. */
export const inboxSchema = z.strictObject({
  groupsOf: z.custom<GroupsOf>((value) => typeof value === 'function', 'a function').optional(),
  groupsWaitMs: z.number().min(1).default(5_000),
  maxGroups: z.int().min(0).max(31).default(30),
  maxItems: z.int().min(1).max(10_000).default(1_000),
});
