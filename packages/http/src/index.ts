export { type HealthHandlers, type HealthOptions, healthHandlers } from './health-handlers.js';
export { type HistoryOptions, historyHandler } from './history-handler.js';
export { type AuthorizePublish, type PublishOptions, publishHandler } from './publish-handler.js';
export type { Handler } from './route.js';
