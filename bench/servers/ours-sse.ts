import http from 'node:http';
import { sseHandler } from '@realtime-notify/transport-sse';
import { heartbeatMs, type StartServer } from './bench-server.js';
import { startOurs } from './ours.js';

/** Ours over Server-Sent Events. */
export const start: StartServer = async (secret) => {
  const { notifier, authenticate, broadcast, unicast } = await startOurs(secret);
  const server = http.createServer(sseHandler(notifier, { authenticate, heartbeatMs }));
  return { server, broadcast, unicast };
};
