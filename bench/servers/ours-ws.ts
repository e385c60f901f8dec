import http from 'node:http';
import { attachWebSockets } from '@realtime-notify/transport-ws';
import { heartbeatMs, type StartServer } from './bench-server.js';
import { startOurs } from './ours.js';

/** Ours over WebSocket. */
export const start: StartServer = async (secret) => {
  const { notifier, authenticate, broadcast, unicast } = await startOurs(secret);
  const server = http.createServer();
  attachWebSockets(notifier, server, { path: '/stream', authenticate, heartbeatMs });
  return { server, broadcast, unicast };
};
