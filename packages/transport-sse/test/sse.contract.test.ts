import { transportContract } from '@realtime-notify/contract-kit';
import { sseHandler } from '../src/index.js';
import { SseClient } from './sse-client.js';

transportContract({
  name: 'transport-sse',
  mount: (notifier, server, options) => {
    server.on('request', sseHandler(notifier, options));
  },
  connect: (port, request) => new SseClient(port, request),
});
