export type {
  InboxChange,
  InboxCounts,
  InboxItem,
  InboxPage,
  InboxVersion,
  Notification,
} from './inbox/inbox-messages.js';
export { InboxView, type InboxViewOptions, type InboxViewState } from './inbox/inbox-view.js';
