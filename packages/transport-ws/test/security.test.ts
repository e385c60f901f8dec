import http, { type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { attachWebSockets, type WsOptions } from '../src/index.js';
import { WsClient } from './ws-client.js';

const catalogue = defineCatalogue({ note: z.object({ n: z.number() }) });
let notifier = createNotifier({ catalogue });
let server = http.createServer();
let port = 0;

/** The token, of a hello, of the query or of a cookie, is the user. */
const authenticate: WsOptions['authenticate'] = ({ headers, query, token }) => {
  const said = token ?? query.get('token');
  const userId = said ?? /token=(\w+)/.exec(headers.cookie ?? '')?.[1];
  return userId === undefined ? null : { userId, ambient: said === null };
};

async function serve(options: Partial<WsOptions> = {}): Promise<void> {
  server = http.createServer();
  attachWebSockets(notifier, server, { path: '/ws', authenticate, ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
}

beforeEach(async () => {
  notifier = createNotifier({ catalogue });
  await notifier.start();
});

afterEach(async () => {
  await notifier.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What an upgrade is answered: 101, or the status and the code of its refusal. */
function upgrade(query: string, headers: OutgoingHttpHeaders): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve([response.statusCode, JSON.parse(body).code]));
    });
    socket.on('error', reject);
  });
}

const listed = 'https://app.example';
const foreign = 'https://evil.example';
const cookie = 'token=u1';
const forbidden = [403, 'ORIGIN_FORBIDDEN'];

test('G8 a page of its own or a listed origin may connect, no other page may, whatever it brings', async () => {
  await serve({ allowedOrigins: [listed] });
  const own = `http://127.0.0.1:${port}`;
  for (const origin of [own, listed]) {
    expect(await upgrade('?token=u1', { origin }), origin).toBe(101);
    expect(await upgrade('', { origin, cookie }), origin).toBe(101);
  }
  for (const origin of [foreign, 'null', `${listed}.evil.example`, `${own}0`]) {
    expect(await upgrade('?token=u1', { origin }), origin).toEqual(forbidden);
    expect(await upgrade('', { origin, cookie }), origin).toEqual(forbidden);
    // Not even to say hello.
    expect(await upgrade('', { origin }), origin).toEqual(forbidden);
  }
});

test('G8 without an origin a token is enough, a cookie is not', async () => {
  await serve();
  expect(await upgrade('?token=u1', {})).toBe(101);
  expect(await upgrade('?token=u1', { cookie })).toBe(101);
  expect(await upgrade('', { cookie })).toEqual(forbidden);
  expect(await upgrade('', { cookie, 'sec-fetch-site': 'cross-site' })).toEqual(forbidden);
});

test('G8 where all origins are allowed a page of any brings a token, none a cookie', async () => {
  await serve({ allowedOrigins: '*' });
  expect(await upgrade('?token=u1', { origin: foreign })).toBe(101);
  expect(await upgrade('', { origin: foreign, cookie })).toEqual(forbidden);
});

const connect = (hello?: unknown, query = '') => {
  return new WsClient(`ws://127.0.0.1:${port}/ws${query}`, hello);
};
const sayTo = (userId: string, n: number) =>
  notifier.notify({ to: { user: userId }, type: 'note', data: { n } });

test('G8 a revoked client is told so, shown nothing more, and refused until it has a newer credential', async () => {
  let issuedAt = Date.now() - 1_000;
  await serve({
    authenticate: ({ token }) => (token === undefined ? null : { userId: token, issuedAt }),
  });
  const client = connect({ t: 'hello', token: 'u1' });
  await eventually(() => expect(client.readies).toHaveLength(1));
  await sayTo('u1', 1);
  await notifier.revoke({ userId: 'u1' });
  await sayTo('u1', 2);
  await eventually(() => expect(client.closeCode).toBe(4413));
  expect(client.notifications.map(({ data }) => data)).toEqual([{ n: 1 }]);
  expect(client.bye).toEqual({ code: 'REVOKED', returnMs: null });
  const again = connect({ t: 'hello', token: 'u1' });
  await eventually(() => expect(again.closeCode).toBe(4401));
  expect(again.readies).toEqual([]);
  issuedAt = Date.now() + 1_000;
  const renewed = connect({ t: 'hello', token: 'u1' });
  await eventually(() => expect(renewed.readies).toHaveLength(1));
  renewed.cut();
});

test('G8 who is authenticated while the revocation comes is refused, also where its credential has no age', async () => {
  await serve({
    authenticate: async ({ token, query }) => {
      const userId = token ?? query.get('token');
      if (userId === null) return null;
      await notifier.revoke({ userId });
      return { userId };
    },
  });
  for (const client of [connect({ t: 'hello', token: 'u1' }), connect(undefined, '?token=u2')]) {
    await eventually(() => expect(client.closeCode).toBe(4401));
    expect(client.readies).toEqual([]);
  }
});

test('G8 a client that may not stay is found at the next revalidation, one that left is not asked about', async () => {
  const asked = new Set<string | null>();
  let may = true;
  await serve({
    revalidate: (principal) => {
      asked.add(principal.userId);
      return may ? principal : null;
    },
    revalidateMs: 100,
  });
  const gone = connect({ t: 'hello', token: 'gone' });
  const stays = connect({ t: 'hello', token: 'stays' });
  await eventually(() => expect(asked).toEqual(new Set(['gone', 'stays'])));
  gone.cut();
  await eventually(() => expect(notifier.emitters.size).toBe(1));
  asked.clear();
  await eventually(() => expect(asked).toEqual(new Set(['stays'])));
  may = false;
  await eventually(() => expect(stays.closeCode).toBe(4413));
  expect(asked).toEqual(new Set(['stays']));
});
