import { NotifyError } from '../errors/notify-error.js';
import { Inbox } from '../inbox/inbox.js';
import type { Follower } from '../inbox/membership.js';
import type { Notification } from '../notification/notification.js';
import type { NotifierParts } from './assemble-parts.js';
import type { LifeCycle } from './life-cycle.js';

/**
 * The inbox of a user.
 * @throws NotifyError `OPTIONS_INVALID` where users have none, `CHANNEL_INVALID`
 */
export function openInbox<Item extends Notification>(
  { inboxes, store, channelNames }: NotifierParts,
  life: LifeCycle,
  follower: Follower,
): Inbox<Item> {
  if (inboxes === undefined) {
    throw new NotifyError('OPTIONS_INVALID', 'createNotifier was not given `inbox`');
  }
  channelNames.inbox(follower.userId);
  return new Inbox({
    follower,
    channelNames,
    changes: inboxes,
    store,
    assertOpen: () => life.assertTakesWork(),
    track: (work) => life.track(work),
  });
}
