export { encodeEvent, type SseEvent } from './sse-frame.js';
export { type SseHandler, sseHandler } from './sse-handler.js';
export type { SseOptions } from './sse-options.js';
