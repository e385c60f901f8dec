export {
  Access,
  type AccessOptions,
  type Authenticate,
  type AuthenticationRequest,
  type AuthorizeGroup,
  type Revalidate,
} from './access/access.js';
export { allowOrigin } from './access/allow-origin.js';
export { type AllowedOrigins, looksAmbient, OriginPolicy } from './access/origin-policy.js';
export { pathOf } from './access/path-of.js';
export { preflightHeaders } from './access/preflight.js';
export type { Principal } from './access/principal.js';
export { queryOf } from './access/query-of.js';
export { Revalidation } from './access/revalidation.js';
export {
  type Catalogue,
  type CatalogueSchemas,
  type DataOf,
  defineCatalogue,
  type TypeOf,
} from './catalogue/catalogue.js';
export type { NotificationOf } from './catalogue/notification-of.js';
export type { Audience } from './channels/audience.js';
export { ChannelNames, type ChannelNamesOptions } from './channels/channel-names.js';
export type { RevocationTarget } from './control/revocation.js';
export { Batch } from './emitters/batch.js';
export type { CloseCode, CloseReason } from './emitters/close-reason.js';
export { Emitter } from './emitters/emitter.js';
export { EmitterRegistry } from './emitters/emitter-registry.js';
export { type Encoding, Outgoing } from './emitters/outgoing.js';
export type { CursorSource, FollowStart, Outlet, Ready } from './emitters/outlet.js';
export { readyMembers } from './emitters/ready-json.js';
export { Rota } from './emitters/rota.js';
export { type Drainable, whenDrained } from './emitters/when-drained.js';
export { type ErrorCode, type ErrorCodeRow, errorCodes } from './errors/error-codes.js';
export { type ChannelFailure, NotifyError } from './errors/notify-error.js';
export type {
  EscalationCall,
  EscalationHook,
  EscalationOptions,
  EscalationRule,
  PreferencesOf,
  SeenCheck,
  WhileOnline,
} from './escalation/escalation-options.js';
export type { Unescalated } from './escalation/escalation-turn.js';
export { Inbox, type InboxItem, type InboxPage } from './inbox/inbox.js';
export { type InboxChange, inboxChangedType, type Marking } from './inbox/inbox-change.js';
export type { InboxCounts } from './inbox/inbox-look.js';
export type { InboxOptions } from './inbox/inbox-options.js';
export type { InboxQuery, InboxSelection } from './inbox/inbox-request.js';
export type { Follower, GroupsOf, InboxClient } from './inbox/membership.js';
export { Connections, type Place } from './limits/connections.js';
export { LimitCounters, type LimitCounts, type LimitError } from './limits/counters.js';
export { type LimitName, type LimitRow, limitTable } from './limits/limit-table.js';
export { TokenBucket } from './limits/token-bucket.js';
export { calmLogger } from './log/calm-logger.js';
export { type MemoryBrokerOptions, memoryBroker } from './memory/memory-broker.js';
export { MemoryBus } from './memory/memory-bus.js';
export { memoryDirectory } from './memory/memory-directory.js';
export { type DraftsMembership, MemoryDrafts } from './memory/memory-drafts.js';
export { MemoryDueWork } from './memory/memory-due-work.js';
export { MemoryOutbox, type MemoryOutboxContext } from './memory/memory-outbox.js';
export { type MemoryStoreOptions, memoryStore } from './memory/memory-store.js';
export { MemoryTransaction, memoryTransaction } from './memory/memory-transaction.js';
export { type MemoryWriteBackOptions, memoryWriteBack } from './memory/memory-write-back.js';
export { decodeEnvelope, encodeEnvelope, makeEnvelope } from './notification/envelope-codec.js';
export {
  type Envelope,
  isStored,
  type Notification,
  notificationJson,
  notificationMembers,
  type StoredEnvelope,
} from './notification/notification.js';
export type { AttachRequest } from './notifier/attach.js';
export type { Health } from './notifier/health.js';
export type { HistoryPage, HistoryRequest } from './notifier/history.js';
export { createNotifier, Notifier } from './notifier/notifier.js';
export type { NotifierEvents } from './notifier/notifier-events.js';
export type { NotifierOptions } from './notifier/notifier-options.js';
export type {
  NotifyInTransaction,
  NotifyOutcome,
  NotifyPending,
  NotifyRequest,
  NotifyResult,
  WhenStoreDown,
} from './notifier/notify-request.js';
export type { UnknownRecipients } from './notifier/recipient-check.js';
export type { StopSource } from './notifier/stop-sources.js';
export type { StoreState } from './notifier/store-breaker.js';
export type { Undelivered } from './notifier/store-queue.js';
export { resolveOptions } from './options/resolve-options.js';
export type {
  Broker,
  BrokerCapabilities,
  BrokerSink,
  BrokerStartOptions,
  BrokerState,
  DirectedEnvelope,
} from './ports/broker.js';
export type {
  Directory,
  DirectoryCapabilities,
  DirectorySink,
  DirectoryStartOptions,
  DirectoryState,
  PresenceChange,
} from './ports/directory.js';
export type { DueWork, LeasedWork, ScheduledWork, WorkLease } from './ports/due-work.js';
export { type Logger, silentLogger } from './ports/logger.js';
export type { Outbox, OutboxDraft, Relayed } from './ports/outbox.js';
export type {
  AppendOutcome,
  ChannelState,
  Draft,
  LogPage,
  ReadRequest,
  Store,
} from './ports/store.js';
export type { LoggedDraft, Replay, WriteBackLog } from './ports/write-back-log.js';
export {
  type Cursor,
  channelKey,
  cursorEntry,
  joinCursor,
  parseCursor,
} from './positions/cursor.js';
export { newEpoch } from './positions/new-epoch.js';
export {
  isCutBefore,
  NO_EPOCH,
  NO_TAG,
  originPosition,
  type Position,
  positionOf,
  samePosition,
  tagOf,
} from './positions/position.js';
export {
  allowsMedium,
  type MediaSwitches,
  type Preferences,
  type ResolvedPreferences,
  resolvePreferences,
} from './preferences/preferences.js';
export { type QuietHours, quietUntil } from './preferences/quiet-hours.js';
export type { Throttle } from './preferences/throttle.js';
export {
  headRetention,
  type RemoteStoreOptions,
  remoteStoreFields,
} from './retention/remote-store-options.js';
export {
  type LogRetention,
  type Retention,
  type RetentionClass,
  type RetentionOptions,
  type RetentionRules,
  retentionOf,
  retentionSchema,
} from './retention/retention.js';
export { withinMs } from './time/within-ms.js';
