import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import { createNotifier, defineCatalogue, type Principal } from '@realtime-notify/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type SseHandler, type SseOptions, sseHandler } from '../src/index.js';
import { SseClient } from './sse-client.js';

const catalogue = defineCatalogue({ note: z.object({ n: z.number() }) });
let notifier = createNotifier({ catalogue });
let server = http.createServer();
let port = 0;

/** The token, of the query or of a cookie, is the user. */
const authenticate: SseOptions['authenticate'] = ({ headers, query }) => {
  const said = query.get('token');
  const userId = said ?? /token=(\w+)/.exec(headers.cookie ?? '')?.[1];
  return userId === undefined ? null : { userId, ambient: said === null };
};

async function serve(
  options: Partial<SseOptions> = {},
  wrap: (handler: SseHandler) => SseHandler = (handler) => handler,
): Promise<void> {
  server = http.createServer(wrap(sseHandler(notifier, { authenticate, ...options })));
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

interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The code of a refusal. */
  readonly code?: string;
}

/** Asks for a stream; one that opens is left at once. */
function ask(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        const { statusCode: status = 0 } = response;
        const isStream = response.headers['content-type']?.startsWith('text/event-stream');
        let body = '';
        response.on('data', (text) => {
          body += text;
          if (isStream) response.destroy();
        });
        response.on('close', () => {
          const code = isStream || body === '' ? {} : { code: JSON.parse(body).code };
          resolve({ status, headers: response.headers, ...code });
        });
      },
    );
    request.on('error', reject).end();
  });
}

const listed = 'https://app.example';
const foreign = 'https://evil.example';
const cookie = 'token=u1';

test('G8 a page of its own or a listed origin may read the stream, no other page may', async () => {
  await serve({ allowedOrigins: [listed] });
  const own = `http://127.0.0.1:${port}`;
  for (const origin of [own, listed]) {
    expect((await ask('/?token=u1', { origin })).status, origin).toBe(200);
  }
  const others = [
    foreign,
    'null',
    `${listed}.evil.example`,
    `${listed}:8443`,
    'http://app.example',
  ];
  for (const origin of others) {
    expect(await ask('/?token=u1', { origin }), origin).toMatchObject({
      status: 403,
      code: 'ORIGIN_FORBIDDEN',
    });
  }
  expect((await ask('/?token=u1')).status).toBe(200);
});

test('G8 a cookie counts only with a proof that it was sent from here', async () => {
  await serve({ allowedOrigins: [listed] });
  const own = `http://127.0.0.1:${port}`;
  const proofs: OutgoingHttpHeaders[] = [
    { origin: own },
    { origin: listed },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { referer: `${own}/page` },
  ];
  for (const proof of proofs) {
    expect((await ask('/', { cookie, ...proof })).status, JSON.stringify(proof)).toBe(200);
  }
  const none: OutgoingHttpHeaders[] = [
    {},
    { origin: foreign },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', referer: `${own}/page` },
    { referer: `${foreign}/page` },
    { referer: 'no url' },
  ];
  for (const proof of none) {
    expect(await ask('/', { cookie, ...proof }), JSON.stringify(proof)).toMatchObject({
      status: 403,
      code: 'ORIGIN_FORBIDDEN',
    });
  }
  // Who says its token outright needs no proof, whatever cookies come along.
  expect((await ask('/?token=u1', { cookie })).status).toBe(200);
});

test('the answer lets a listed origin read it with credentials, and nobody else', async () => {
  await serve({ allowedOrigins: [listed] });
  const allowed = {
    'access-control-allow-origin': listed,
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  };
  expect((await ask('/', { origin: listed, cookie })).headers).toMatchObject(allowed);
  // A page may also read why it was refused.
  const refused = await ask('/', { origin: listed });
  expect(refused).toMatchObject({ status: 401, headers: allowed });
  const other = await ask('/?token=u1', { origin: foreign });
  expect(other.headers['access-control-allow-origin']).toBeUndefined();
  expect(other.headers['access-control-allow-credentials']).toBeUndefined();
  expect(other.headers.vary).toBe('Origin');
});

test('where all origins are allowed a token is enough, and credentials are never', async () => {
  await serve({ allowedOrigins: '*' });
  const { status, headers } = await ask('/?token=u1', { origin: foreign });
  expect([status, headers['access-control-allow-origin']]).toEqual([200, '*']);
  expect(headers['access-control-allow-credentials']).toBeUndefined();
  expect((await ask('/', { origin: foreign, cookie })).status).toBe(403);
});

test('a preflight of an allowed origin is answered, one of another is refused', async () => {
  await serve({ allowedOrigins: [listed] });
  const preflight = (origin: string) =>
    ask('/', { origin, 'access-control-request-method': 'GET' }, 'OPTIONS');
  const answer = await preflight(listed);
  expect(answer.status).toBe(204);
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': listed,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET',
    'access-control-max-age': '600',
  });
  expect(answer.headers['access-control-allow-headers']).toContain('Last-Event-ID');
  expect(answer.headers['access-control-allow-headers']).toContain('Authorization');
  expect(await preflight(foreign)).toMatchObject({ status: 403, code: 'ORIGIN_FORBIDDEN' });
  expect((await ask('/', { origin: listed }, 'OPTIONS')).status).toBe(405);
});

test('a host that has set its own CORS headers has decided itself', async () => {
  await serve({ allowedOrigins: [listed] }, (handler) => (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', 'https://host.example');
    handler(request, response);
  });
  const { headers } = await ask('/?token=u1', { origin: listed });
  expect(headers['access-control-allow-origin']).toBe('https://host.example');
  expect(headers['access-control-allow-credentials']).toBeUndefined();
});

/** One user whose credential can be changed. */
function changing(first: Principal) {
  const state = { principal: first };
  return Object.assign(state, { authenticate: () => state.principal });
}

const sayTo = (userId: string, n: number) =>
  notifier.notify({ to: { user: userId }, type: 'note', data: { n } });

test('G8 G2 a stream ends as EXPIRED; with a new token and its cursor nothing is missed or shown twice', async () => {
  const user = changing({ userId: 'u1', expiresAt: Date.now() + 1_500 });
  await serve({ authenticate: user.authenticate });
  const first = new SseClient(port, {});
  await eventually(() => expect(first.readies).toHaveLength(1));
  let sent = 0;
  const saying = setInterval(() => {
    sent += 1;
    void sayTo('u1', sent);
  }, 5);
  await eventually(() => expect(first.bye).toEqual({ code: 'EXPIRED', returnMs: null }));
  expect((await ask('/')).status).toBe(401);
  user.principal = { userId: 'u1', expiresAt: Date.now() + 60_000 };
  const second = new SseClient(port, first.cursor === undefined ? {} : { cursor: first.cursor });
  await eventually(() => expect(second.notifications.length).toBeGreaterThan(20));
  clearInterval(saying);
  await sayTo('u1', 0);
  const seen = () => [...first.notifications, ...second.notifications];
  await eventually(() => expect(seen().at(-1)?.data).toEqual({ n: 0 }));
  expect(seen().map(({ offset }) => offset)).toEqual(
    Array.from({ length: sent + 1 }, (_, i) => i + 1),
  );
  expect(first.notifications.length).toBeGreaterThan(20);
  expect(second.readies.every(({ recovered }) => recovered)).toBe(true);
  second.cut();
});

test('G8 a revoked client is told so, shown nothing more, and refused until it has a newer credential', async () => {
  const user = changing({ userId: 'u1', issuedAt: Date.now() - 1_000 });
  await serve({ authenticate: user.authenticate });
  const client = new SseClient(port, {});
  await eventually(() => expect(client.readies).toHaveLength(1));
  await sayTo('u1', 1);
  await notifier.revoke({ userId: 'u1' });
  await sayTo('u1', 2);
  await eventually(() => expect(client.ended).toBe(true));
  expect(client.notifications.map(({ data }) => data)).toEqual([{ n: 1 }]);
  expect(client.bye).toEqual({ code: 'REVOKED', returnMs: null });
  expect(await ask('/')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  user.principal = { userId: 'u1', issuedAt: Date.now() + 1_000 };
  expect((await ask('/')).status).toBe(200);
});

test('G8 who is authenticated while the revocation comes is refused, also where its credential has no age', async () => {
  await serve({
    authenticate: async () => {
      await notifier.revoke({ userId: 'u1' });
      return { userId: 'u1' };
    },
  });
  expect(await ask('/')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
});

test('G8 a client that may not stay is found at the next revalidation', async () => {
  const user = changing({ userId: 'u1' });
  let may = true;
  await serve({
    authenticate: user.authenticate,
    revalidate: (principal) => (may ? principal : null),
    revalidateMs: 100,
  });
  const client = new SseClient(port, {});
  await eventually(() => expect(client.readies).toHaveLength(1));
  may = false;
  await eventually(() => expect(client.bye).toEqual({ code: 'REVOKED', returnMs: null }));
});

test('a stream that has closed is not asked about any more', async () => {
  const asked: string[] = [];
  await serve({
    revalidate: (principal) => {
      asked.push(principal.userId ?? '');
      return principal;
    },
    revalidateMs: 100,
  });
  const [gone, stays] = ['gone', 'stays'].map((token) => new SseClient(port, { token }));
  await eventually(() => expect(new Set(asked)).toEqual(new Set(['gone', 'stays'])));
  gone?.cut();
  await eventually(() => expect(notifier.emitters.size).toBe(1));
  asked.length = 0;
  await eventually(() => expect(asked.length).toBeGreaterThan(3));
  expect(new Set(asked)).toEqual(new Set(['stays']));
  stays?.cut();
});
