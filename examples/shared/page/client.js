// The server sends it to browsers as one module with what it names: an application's bundler does that.
export { InboxView } from '@realtime-notify/client';
