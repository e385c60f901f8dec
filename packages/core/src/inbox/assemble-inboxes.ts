import { NotifyError } from '../errors/notify-error.js';
import { mostChannels } from '../notifier/notifier-options.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { Logger } from '../ports/logger.js';
import { Inbox, type InboxContext } from './inbox.js';
import { InboxChanges, type InboxChangesContext } from './inbox-changes.js';
import { type InboxOptions, inboxSchema } from './inbox-options.js';
import { Membership } from './membership.js';

/** Those of the notifications that the user has seen in the inbox; also while this node drains. */
export function seenIn(
  changes: InboxChanges,
  { store, channelNames }: Pick<InboxContext, 'store' | 'channelNames'>,
  userId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const follower = { userId, groups: [] };
  const always = { assertOpen: () => {}, track: <T>(work: Promise<T>) => work };
  return new Inbox({ follower, store, channelNames, changes, ...always }).seen(ids);
}

/**
 * What looks at inboxes and changes them.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function inboxesOf(
  options: InboxOptions,
  context: Omit<InboxChangesContext, 'membership' | 'maxItems'> & {
    readonly maxChannelsPerEmitter: number;
    readonly logger: Logger;
  },
): InboxChanges {
  const resolved = resolveOptions(inboxSchema, options, 'createNotifier: inbox');
  if (context.maxChannelsPerEmitter >= mostChannels) {
    const message = `with \`inbox\` a stream follows at most ${mostChannels - 1} other channels`;
    throw new NotifyError('OPTIONS_INVALID', `createNotifier: maxChannelsPerEmitter: ${message}`);
  }
  const membership = new Membership({ ...context, ...resolved });
  return new InboxChanges({ ...context, ...resolved, membership });
}
