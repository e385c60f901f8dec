import http from 'node:http';
import { attachWebSockets } from '@realtime-notify/transport-ws';
import { type BenchServer, heartbeatMs, type StartServer } from './bench-server.js';
import { type Ours, startOurs } from './ours.js';

/** Ours over WebSocket. */
export const start: StartServer = async (secret) => overWebSocket(await startOurs(secret));

export function overWebSocket({ notifier, authenticate, ...sending }: Ours): BenchServer {
  const server = http.createServer();
  attachWebSockets(notifier, server, { path: '/stream', authenticate, heartbeatMs });
  return { server, ...sending };
}
