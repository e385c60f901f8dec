import { createServer, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { catalogue } from '../examples/shared/src/catalogue.js';
import { jwtAuthenticator } from '../packages/auth-jwt/src/index.js';
import { createNotifier, type Logger, memoryStore } from '../packages/core/src/index.js';
import { nodeMount } from '../packages/use/src/node.js';

const secret = crypto.getRandomValues(new Uint8Array(32));
const otherSecret = crypto.getRandomValues(new Uint8Array(32));

/** All that left the server: log lines, heads and bodies of answers, frames, close reasons. */
let told: string[] = [];
const at = (level: string) => (facts: object, message: string) => {
  told.push(`${level}: ${message} ${inspect(facts, { depth: null, showHidden: true })}`);
};
const logger: Logger = {
  debug: at('debug'),
  info: at('info'),
  warn: at('warn'),
  error: at('error'),
};
const linesOf = (level: string) => told.filter((each) => each.startsWith(`${level}: `));

let stop = async (): Promise<void> => {};
let base = '';
let storeFails = false;
/** What the keys of the issuer are answered with; undefined: the secret is at hand. */
let keys: 'refused' | 'broken' | undefined;

beforeEach(() => {
  told = [];
  storeFails = false;
  keys = undefined;
});
afterEach(() => stop());

async function serve(): Promise<void> {
  const store = memoryStore();
  const positions = store.positions.bind(store);
  store.positions = async (channels) => {
    if (storeFails) throw new Error('the store is down');
    return positions(channels);
  };
  const notifier = createNotifier({ catalogue, store, logger, drainWindowMs: 0 });
  await notifier.start();
  const server = createServer((request, response) => {
    if (request.url === '/keys') response.writeHead(500).end('{"keys":"none"}');
    else if (!mounted(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const jwksUrl = keys === 'broken' ? `http://${base}/keys` : 'http://127.0.0.1:1/keys';
  const authenticate = jwtAuthenticator(keys === undefined ? { secret } : { jwksUrl });
  const mounted = nodeMount(notifier, server, {
    access: { authenticate, revalidate: authenticateAgain },
    sse: { revalidateMs: 100 },
    ws: { revalidateMs: 100 },
    publish: {
      authorizePublish: async (request) => {
        const query = new URL(request.url ?? '', `http://${base}`).searchParams;
        return (await authenticate({ headers: request.headers, query })) !== null;
      },
    },
    logger,
  });
  stop = async () => {
    await notifier.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

const authenticateAgain = () => Promise.reject(new Error('the directory is down'));

/** Where a token may stand in a request. */
const places: [string, (token: string) => { query?: string; headers?: OutgoingHttpHeaders }][] = [
  ['header', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
  ['query', (token) => ({ query: `?token=${token}` })],
  ['cookie', (token) => ({ headers: { cookie: `token=${token}`, origin: `http://${base}` } })],
  ['cookie of nowhere', (token) => ({ headers: { cookie: `token=${token}` } })],
  ['foreign page', (token) => ({ query: `?token=${token}`, headers: { origin: 'http://evil' } })],
];

/** Asks, keeps what was answered, and leaves once something has come. */
function ask(
  method: string,
  path: string,
  { query = '', headers = {} }: { query?: string; headers?: OutgoingHttpHeaders },
  body?: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = {
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const url = `http://${base}/notifications${path}${query}`;
    const asked = httpRequest(url, { method, headers: sent, agent: false }, (answer) => {
      const { statusCode = 0, rawHeaders, statusMessage } = answer;
      told.push(`answer: ${statusCode} ${statusMessage} ${rawHeaders.join(' ')}`);
      answer.on('data', (chunk) => {
        told.push(`body: ${chunk}`);
        answer.destroy();
      });
      answer.on('close', () => resolve(statusCode));
    });
    asked.on('error', reject).end(body);
  });
}

/** Speaks to the WebSocket and keeps what comes, until it ends or has had its answers. */
function speak(
  { query = '', headers = {} }: { query?: string; headers?: OutgoingHttpHeaders },
  frames: readonly string[],
  answers = 1,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://${base}/notifications/ws${query}`, { headers });
    let heard = 0;
    socket.on('open', () => {
      for (const frame of frames) socket.send(frame);
    });
    socket.on('message', (data) => {
      told.push(`frame: ${data}`);
      heard += 1;
      if (heard === answers) socket.close();
    });
    socket.on('unexpected-response', (_request, answer) => {
      told.push(`upgrade: ${answer.statusCode} ${answer.rawHeaders.join(' ')}`);
      answer.on('data', (chunk) => told.push(`body: ${chunk}`));
      answer.on('end', () => resolve());
    });
    socket.on('close', (code, reason) => {
      told.push(`close: ${code} ${reason}`);
      resolve();
    });
    socket.on('error', () => undefined);
  });
}

const note = '{"to":{"all":true},"type":"message","data":{"text":"hello"}}';

/** Shows the token to every route, in every place, and in every frame. */
async function showEverywhere(token: string, good: string): Promise<void> {
  for (const [, place] of places) {
    await ask('GET', '/stream', place(token));
    await ask('GET', '', place(token));
    await ask('POST', '/publish', place(token), note);
    await ask('POST', '/publish', place(token), `{"token":"${token}`);
    await speak(place(token), []);
    await ask('GET', '/stream', { ...place(token), query: `?token=${token}&cursor=${token}` });
    await ask('GET', '/stream', { ...place(token), query: `?token=${token}&group=${token}` });
  }
  await speak({}, [JSON.stringify({ t: 'hello', token })]);
  await speak({}, [JSON.stringify({ t: 'hello', token, unknown: token })]);
  await speak({}, [`{"t":"hello","token":"${token}`]);
  await speak({}, [JSON.stringify({ t: 'hello', token: [token] })]);
  const hello = JSON.stringify({ t: 'hello', token: good });
  await speak({}, [hello, JSON.stringify({ t: 'refresh', ref: 1, token })], 2);
  await speak({}, [hello, JSON.stringify({ t: 'refresh', ref: 1, token: { token } })], 2);
}

function claims(user: string, expires: string, alg = 'HS256'): SignJWT {
  return new SignJWT({ groups: [] })
    .setProtectedHeader({ alg, kid: 'k1' })
    .setSubject(user)
    .setExpirationTime(expires);
}

function sign(user: string, expires: string, by = secret): Promise<string> {
  return claims(user, expires).sign(by);
}

/** No part of the token is anywhere in what was told. */
function expectUntold(token: string): void {
  const parts = token.split('.').filter((part) => part.length > 8);
  const found = told.filter((each) => parts.some((part) => each.includes(part)));
  expect(found.slice(0, 3)).toEqual([]);
}

describe('G8 a token is told nowhere: no log line, answer, frame or close reason holds any part of it', () => {
  it('tokens that are accepted', async () => {
    await serve();
    const token = await sign('user-of-the-token', '1h');
    await showEverywhere(token, token);
    expect(told.join('\n')).toContain('event: ready');
    expect(told.join('\n')).toContain('"t":"refreshed"');
    expectUntold(token);
  });

  it('tokens that are refused', async () => {
    await serve();
    const good = await sign('u1', '1h');
    const bad = [
      await sign('user-of-the-token', '1h', otherSecret),
      await sign('user-of-the-token', '-1h'),
      await sign('another-user', '1h'),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
      'nonsense-that-nobody-signed',
    ];
    for (const token of bad) await showEverywhere(token, good);
    expect(told.join('\n')).toContain('answer: 401');
    expect(told.join('\n')).toContain('close: 4401');
    for (const token of bad) expectUntold(token);
  });

  it.each(['refused', 'broken'] as const)('tokens whose keys cannot be had: %s', async (how) => {
    keys = how;
    await serve();
    const { privateKey } = await generateKeyPair('ES256');
    const token = await claims('user-of-the-token', '1h', 'ES256').sign(privateKey);
    await showEverywhere(token, token);
    // One for SSE, WebSocket and HTTP each; those that follow are left out.
    expect(linesOf('warn').length).toBeGreaterThanOrEqual(3);
    expectUntold(token);
  });

  it('tokens of clients that cannot be served now, or whose revalidation fails', async () => {
    await serve();
    const token = await sign('user-of-the-token', '1h');
    const staying = new WebSocket(`ws://${base}/notifications/ws?token=${token}`);
    await expect.poll(() => linesOf('warn').join(), { timeout: 30_000 }).toContain('revalidated');
    staying.terminate();
    storeFails = true;
    // Nobody has followed this user's channel yet.
    const other = await sign('another-user', '1h');
    await showEverywhere(other, other);
    expect(linesOf('warn').join('\n')).toContain('the store is down');
    for (const each of [token, other]) expectUntold(each);
  });
});
