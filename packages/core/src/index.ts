export { type ErrorCode, type ErrorCodeRow, errorCodes } from './errors/error-codes.js';
export { NotifyError } from './errors/notify-error.js';
export { decodeEnvelope, encodeEnvelope, makeEnvelope } from './notification/envelope-codec.js';
export {
  type Envelope,
  isStored,
  type Notification,
  notificationJson,
  notificationMembers,
  type StoredEnvelope,
} from './notification/notification.js';
export type { Broker, BrokerCapabilities, BrokerSink, BrokerState } from './ports/broker.js';
export type { Directory } from './ports/directory.js';
export { type Logger, silentLogger } from './ports/logger.js';
export type { AppendOutcome, Draft, LogPage, ReadRequest, Store } from './ports/store.js';
export {
  NO_EPOCH,
  NO_TAG,
  originPosition,
  type Position,
  samePosition,
  tagOf,
} from './positions/position.js';
