import type { WebSocket } from 'ws';
import { acceptWebSockets } from './accept-ws.js';
import type { StartServer } from './bench-server.js';

/** The delivery that is left out. */
const lost = 50;

/** One client misses one message: the measurement must fail. */
export const start: StartServer = (secret) => {
  const clients = new Map<string, WebSocket>();
  let deliveries = 0;
  const deliver = (userId: string, text: string): void => {
    deliveries += 1;
    if (deliveries !== lost) clients.get(userId)?.send(text);
  };
  return {
    server: acceptWebSockets(secret, (webSocket, _, userId) => clients.set(userId, webSocket)),
    broadcast: (messages) => {
      for (const data of messages) {
        for (const userId of clients.keys()) deliver(userId, JSON.stringify({ data }));
      }
    },
    unicast: (messages) => {
      for (const { userId, data } of messages) deliver(userId, JSON.stringify({ data }));
    },
  };
};
