import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { sseHandler } from '@realtime-notify/transport-sse';
import { attachWebSockets } from '@realtime-notify/transport-ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';

/** One way to reach a thousand clients. */
export interface Variant {
  readonly server: http.Server;
  /** Sends `count` messages in one tick to everybody. */
  broadcast(count: number): Promise<void>;
}

/** 200 bytes, ending with the mark that receivers count. */
const text = `${'x'.repeat(180)}§`;

const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });

/** The ways compared: what one would write by hand, and ours with offsets and cursors on. */
export const variants: Readonly<Record<string, () => Promise<Variant>>> = {
  'ws-naive': async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    return {
      server,
      broadcast: async (count) => {
        for (let sent = 0; sent < count; sent += 1) {
          const message = JSON.stringify({ sent, text });
          for (const client of sockets.clients) client.send(message);
        }
      },
    };
  },
  'sse-raw': async () => {
    const clients = new Set<http.ServerResponse>();
    const server = http.createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(':\n\n');
      clients.add(response);
      response.once('close', () => clients.delete(response));
    });
    return {
      server,
      broadcast: async (count) => {
        for (let sent = 0; sent < count; sent += 1) {
          const message = `event: message\ndata: ${JSON.stringify({ sent, text })}\nid: ${sent}\n\n`;
          for (const client of clients) client.write(message);
        }
      },
    };
  },
  'ours-ws': () => ours(),
  'ours-sse': () => ours(),
};

async function ours(): Promise<Variant> {
  const notifier = createNotifier({ catalogue });
  await notifier.start();
  const access = {
    authenticate: ({ query }: { query: URLSearchParams }) => ({ userId: query.get('user') ?? 'u' }),
  };
  const server = http.createServer(sseHandler(notifier, access));
  attachWebSockets(notifier, server, { path: '/ws', ...access });
  return {
    server,
    broadcast: async (count) => {
      const all = Array.from({ length: count }, () =>
        notifier.notify({ to: { all: true }, type: 'message', data: { text } }),
      );
      await Promise.all(all);
    },
  };
}

/** Listens on a free loopback port. */
export async function listen(server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve));
  return (server.address() as AddressInfo).port;
}
