export type { GuardedAccess, GuardedRequest } from './guarded-access.js';
export { InjectNotifier } from './inject-notifier.js';
export type { RealtimeNotifyAsyncOptions, RealtimeNotifyOptions } from './module-options.js';
export { RealtimeNotifyModule } from './realtime-notify-module.js';
