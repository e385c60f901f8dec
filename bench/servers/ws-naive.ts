import type { WebSocket } from 'ws';
import { acceptWebSockets } from './accept-ws.js';
import type { StartServer } from './bench-server.js';

/** `ws`, with `send` for each client. */
export const start: StartServer = (secret) => {
  const clients = new Map<string, WebSocket>();
  const server = acceptWebSockets(secret, (webSocket, _, userId) => {
    clients.set(userId, webSocket);
    webSocket.once('close', () => clients.delete(userId));
  });
  return {
    server,
    broadcast: (messages) => {
      for (const data of messages) {
        const text = JSON.stringify({ type: 'message', data });
        for (const client of clients.values()) client.send(text);
      }
    },
    unicast: (messages) => {
      for (const { userId, data } of messages) {
        clients.get(userId)?.send(JSON.stringify({ type: 'message', data }));
      }
    },
  };
};
