import http from 'node:http';
import { Server } from 'socket.io';
import { heartbeatMs, type StartServer } from './bench-server.js';
import { queryVerifier } from './verify-query.js';

/** Socket.IO over WebSocket only, with a room for each user. */
export const start: StartServer = (secret) => {
  const verify = queryVerifier(secret);
  const server = http.createServer();
  const io = new Server(server, {
    transports: ['websocket'],
    perMessageDeflate: false,
    serveClient: false,
    pingInterval: heartbeatMs,
  });
  io.use((socket, next) => {
    verify(socket.request.url).then(
      (userId) => {
        void socket.join(userId);
        next();
      },
      (error: unknown) => next(error instanceof Error ? error : new Error(String(error))),
    );
  });
  return {
    server,
    broadcast: (messages) => {
      for (const data of messages) io.emit('message', data);
    },
    unicast: (messages) => {
      for (const { userId, data } of messages) io.to(userId).emit('message', data);
    },
  };
};
