import http, { type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { queryVerifier } from './verify-query.js';

/** Told of each connection once its handshake is done. */
export type Opened = (webSocket: WebSocket, socket: Duplex, userId: string) => void;

/** A plain `ws` server that verifies a JWT before the upgrade, as its documentation shows. */
export function acceptWebSockets(secret: string, opened: Opened): http.Server {
  const verify = queryVerifier(secret);
  const server = http.createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const userId = await verify(request.url);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Made elsewhere: a listener made here would keep the request for as long as the connection.
      webSocket.on('error', terminate);
      opened(webSocket, socket, userId);
    });
  };
  server.on('upgrade', (request, socket, head) => {
    accept(request, socket, head).catch(() => socket.destroy());
  });
  return server;
}

function terminate(this: WebSocket): void {
  this.terminate();
}
