export { type HealthHandlers, type HealthOptions, healthHandlers } from './health-handlers.js';
export { type HistoryOptions, historyHandler } from './history-handler.js';
export { type InboxHandlerOptions, type InboxHandlers, inboxHandlers } from './inbox-handlers.js';
export { type AuthorizePublish, type PublishOptions, publishHandler } from './publish-handler.js';
export type { Handler } from './route.js';
export type { RouteRequest } from './route-request.js';
