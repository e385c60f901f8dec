import http from 'node:http';
import { createChannel, createSession, type Session } from 'better-sse';
import { heartbeatMs, type StartServer } from './bench-server.js';
import { queryVerifier } from './verify-query.js';

/** better-sse, with a channel for broadcasts. */
export const start: StartServer = (secret) => {
  const verify = queryVerifier(secret);
  const channel = createChannel();
  const sessions = new Map<string, Session>();
  const open = async (
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> => {
    const userId = await verify(request.url);
    const session = await createSession(request, response, { keepAlive: heartbeatMs });
    channel.register(session);
    sessions.set(userId, session);
    session.once('disconnected', () => sessions.delete(userId));
  };
  const server = http.createServer((request, response) => {
    open(request, response).catch(() => response.destroy());
  });
  return {
    server,
    broadcast: (messages) => {
      for (const data of messages) channel.broadcast(data, 'message');
    },
    unicast: (messages) => {
      for (const { userId, data } of messages) sessions.get(userId)?.push(data, 'message');
    },
  };
};
