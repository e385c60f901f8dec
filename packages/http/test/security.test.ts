import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type HistoryOptions,
  historyHandler,
  type PublishOptions,
  publishHandler,
} from '../src/index.js';
import { makeNotifier, serve } from './serving.js';

const notifier = makeNotifier();
let server: Server | undefined;
let url = '';

beforeAll(() => notifier.start());
afterAll(() => notifier.close());
afterEach(() => void server?.close());

async function serveBoth(
  history: Partial<HistoryOptions> = {},
  publish: Partial<PublishOptions> = {},
): Promise<void> {
  const look = historyHandler(notifier, { authenticate: byCookieOrQuery, ...history });
  const say = publishHandler(notifier, { authorizePublish: () => true, ...publish });
  ({ server, url } = await serve((request, response) => {
    void (request.url?.startsWith('/publish') ? say : look)(request, response);
  }));
}

const byCookieOrQuery: HistoryOptions['authenticate'] = ({ headers, query }) => {
  const said = query.get('token');
  const userId = said ?? /token=(\w+)/.exec(headers.cookie ?? '')?.[1];
  return userId === undefined ? null : { userId, ambient: said === null };
};

interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly code: string | undefined;
}

/** As a browser would ask, or somebody who writes the headers that a browser would not. */
function ask(
  path: string,
  headers: OutgoingHttpHeaders,
  method = 'GET',
  body = '',
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      new URL(path, url),
      { method, headers, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => {
          const code = text === '' ? undefined : JSON.parse(text).code;
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, code });
        });
      },
    );
    request.on('error', reject).end(body);
  });
}

const listed = 'https://app.example';
const foreign = 'https://evil.example';
const cookie = 'token=u1';
const json = { 'content-type': 'application/json' };
const note = '{"to":{"user":"u1"},"type":"message","data":{"text":"hello"}}';
const publish = (headers: OutgoingHttpHeaders) =>
  ask('/publish', { ...json, ...headers }, 'POST', note);
const published = async () => {
  const principal = { userId: 'u1' };
  return (await notifier.history({ principal, groups: [], limit: 200 })).items.length;
};

test('G8 a cookie publishes only with a proof that it was sent from here (CSRF)', async () => {
  const asked: (string | undefined)[] = [];
  await serveBoth(
    {},
    {
      allowedOrigins: [listed],
      authorizePublish: ({ headers }) => {
        asked.push(headers.cookie);
        return true;
      },
    },
  );
  const before = await published();
  const forgeries: OutgoingHttpHeaders[] = [
    { cookie },
    { cookie, origin: foreign },
    { cookie, origin: 'null' },
    { cookie, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
    { cookie, referer: `${foreign}/form` },
  ];
  for (const headers of forgeries) {
    expect(await publish(headers), JSON.stringify(headers)).toMatchObject({
      status: 403,
      code: 'ORIGIN_FORBIDDEN',
    });
  }
  expect([asked, await published()]).toEqual([[], before]);
  const honest: OutgoingHttpHeaders[] = [
    { cookie, origin: url },
    { cookie, origin: listed },
    { cookie, 'sec-fetch-site': 'same-origin' },
    { cookie, referer: `${url}/form` },
  ];
  for (const headers of honest) {
    expect((await publish(headers)).status, JSON.stringify(headers)).toBe(202);
  }
  expect(await published()).toBe(before + honest.length);
});

test('G8 a page of a foreign origin publishes nothing, whatever it brings; a program without one does', async () => {
  await serveBoth({}, { allowedOrigins: [listed] });
  const authorization = 'Bearer x';
  for (const headers of [{}, { authorization }, { authorization, cookie }]) {
    expect((await publish({ ...headers, origin: foreign })).code).toBe('ORIGIN_FORBIDDEN');
    expect((await publish({ ...headers, origin: listed })).status).toBe(202);
  }
  expect((await publish({})).status).toBe(202);
  expect((await publish({ authorization, cookie })).status).toBe(202);
});

test('what a form can send without a preflight is no publish', async () => {
  await serveBoth();
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
  for (const type of types) {
    expect((await publish({ origin: url, cookie, 'content-type': type })).status).toBe(415);
  }
});

test('where all origins may publish, a page still needs more than a cookie', async () => {
  await serveBoth({}, { allowedOrigins: '*' });
  expect((await publish({ origin: foreign, cookie })).code).toBe('ORIGIN_FORBIDDEN');
  const { status, headers } = await publish({ origin: foreign, authorization: 'Bearer x' });
  expect([status, headers['access-control-allow-origin']]).toEqual([202, '*']);
  expect(headers['access-control-allow-credentials']).toBeUndefined();
});

test('a listed origin may read both routes with credentials, refusals too; no other may', async () => {
  const allowedOrigins = [listed];
  await serveBoth({ allowedOrigins }, { allowedOrigins });
  const allowed = {
    'access-control-allow-origin': listed,
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  };
  expect(await publish({ origin: listed, cookie })).toMatchObject({
    status: 202,
    headers: allowed,
  });
  expect(await ask('/', { origin: listed, cookie })).toMatchObject({
    status: 200,
    headers: allowed,
  });
  expect(await ask('/', { origin: listed })).toMatchObject({ status: 401, headers: allowed });
  for (const answer of [await publish({ origin: foreign }), await ask('/', { origin: foreign })]) {
    expect(answer).toMatchObject({ status: 403, headers: { vary: 'Origin' } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('preflights are answered for listed origins, with the methods of the route', async () => {
  const allowedOrigins = [listed];
  await serveBoth({ allowedOrigins }, { allowedOrigins });
  for (const [path, methods] of [
    ['/publish', 'POST'],
    ['/', 'GET, HEAD'],
  ] as const) {
    const preflight = (origin: string) =>
      ask(path, { origin, 'access-control-request-method': 'POST' }, 'OPTIONS');
    const { status, headers } = await preflight(listed);
    expect([status, headers['access-control-allow-methods']]).toEqual([204, methods]);
    expect(headers['access-control-allow-origin']).toBe(listed);
    expect(headers['access-control-allow-headers']).toContain('Content-Type');
    expect(await preflight(foreign)).toMatchObject({ status: 403, code: 'ORIGIN_FORBIDDEN' });
    expect((await ask(path, { origin: listed }, 'OPTIONS')).status).toBe(405);
  }
});

test('G8 history is shown to a cookie only with a proof, and to a token', async () => {
  await serveBoth();
  expect((await ask('/', { cookie })).code).toBe('ORIGIN_FORBIDDEN');
  expect((await ask('/', { cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  expect((await ask('/?token=u1', {})).status).toBe(200);
});

test('G8 history is refused to a credential that was revoked', async () => {
  const issuedAt = Date.now() - 1_000;
  await serveBoth({ authenticate: () => ({ userId: 'u9', issuedAt }) });
  expect((await ask('/', {})).status).toBe(200);
  await notifier.revoke({ userId: 'u9' });
  expect(await ask('/', {})).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
});
