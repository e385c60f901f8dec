import http, { type ServerResponse } from 'node:http';
import type { Data } from '../message.js';
import type { StartServer } from './bench-server.js';
import { queryVerifier } from './verify-query.js';

/** `node:http`, with `response.write` for each client. */
export const start: StartServer = (secret) => {
  const verify = queryVerifier(secret);
  const clients = new Map<string, ServerResponse>();
  let sent = 0;
  const eventOf = (data: Data): string => {
    sent += 1;
    return `event: message\ndata: ${JSON.stringify(data)}\nid: ${sent}\n\n`;
  };
  const server = http.createServer((request, response) => {
    verify(request.url).then(
      (userId) => {
        response.writeHead(200, {
          'Content-Type': 'text/event-stream',
          'Cache-Control': 'no-store',
        });
        response.write(':\n\n');
        clients.set(userId, response);
        response.once('close', () => clients.delete(userId));
      },
      () => response.writeHead(401).end(),
    );
  });
  return {
    server,
    broadcast: (messages) => {
      for (const data of messages) {
        const event = eventOf(data);
        for (const client of clients.values()) client.write(event);
      }
    },
    unicast: (messages) => {
      for (const { userId, data } of messages) clients.get(userId)?.write(eventOf(data));
    },
  };
};
