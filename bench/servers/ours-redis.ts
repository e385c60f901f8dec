import { redisBroker } from '@realtime-notify/broker-redis';
import { redisStore } from '@realtime-notify/store-redis';
import type { StartServer } from './bench-server.js';
import { startOurs } from './ours.js';
import { overWebSocket } from './ours-ws.js';

/** Ours over WebSocket, on Redis. */
export const start: StartServer = async (secret, url) => {
  if (url === undefined) throw new Error('this variant needs a Redis');
  return overWebSocket(
    await startOurs(secret, { store: redisStore({ url }), broker: redisBroker({ url }) }),
  );
};
