import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { NotifyError, type NotifyResult } from '@realtime-notify/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerOf, makeNotifier, recordingLogger, serve } from '../test/serving.js';
import { publishHandler } from './publish-handler.js';

const toU1 = { to: { user: 'u1' }, type: 'message', data: { text: 'hello' } };
let notifier: ReturnType<typeof makeNotifier>;
let served: Awaited<ReturnType<typeof serve>>;
const log = recordingLogger();

beforeEach(async () => {
  log.lines.length = 0;
  notifier = makeNotifier();
  await notifier.start();
  served = await serve(publishHandler(notifier, { open: true, logger: log.logger }));
});

afterEach(async () => {
  served.server.closeAllConnections();
  served.server.close();
  await notifier.close();
});

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(served.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body:
      body instanceof Uint8Array
        ? Uint8Array.from(body)
        : typeof body === 'string'
          ? body
          : JSON.stringify(body),
  });
  return answerOf(response);
}

describe('what is taken', () => {
  test('is answered with the result, 202, and 200 when it was there before', async () => {
    const keyed = { ...toU1, idempotencyKey: 'k1' };
    const first = await post(keyed);
    expect(first).toMatchObject({
      status: 202,
      body: { stored: true, duplicate: false, channels: [{ channel: 'user:u1', offset: 1 }] },
    });
    expect(first.headers.get('cache-control')).toBe('no-store');
    const again = await post(keyed);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: first.body.id, duplicate: true });
  });

  test('may be ephemeral', async () => {
    expect(await post({ ...toU1, durable: false })).toMatchObject({
      status: 202,
      body: { stored: false, channels: [{ channel: 'user:u1', offset: null }] },
    });
  });

  test('carries the trace context of the header', async () => {
    const seen: unknown[] = [];
    const spied = makeNotifier();
    spied.notifyUnchecked = async (request) => {
      seen.push(request.traceparent);
      return { duplicate: false } as NotifyResult;
    };
    const own = await serve(publishHandler(spied, { open: true }));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'content-type': 'application/vnd.x+json; charset=utf-8', traceparent };
    await fetch(own.url, { method: 'POST', headers, body: JSON.stringify(toU1) });
    expect(seen).toEqual([traceparent]);
    own.server.close();
  });
});

describe('what is refused', () => {
  test.each<[number, string, unknown]>([
    [400, 'TYPE_UNKNOWN', { ...toU1, type: 'nope' }],
    [400, 'TYPE_UNKNOWN', { ...toU1, type: '__proto__' }],
    [400, 'DATA_INVALID', { ...toU1, data: { text: 7 } }],
    [400, 'DATA_INVALID', { to: toU1.to, type: 'message' }],
    [400, 'AUDIENCE_INVALID', { ...toU1, to: { everybody: true } }],
    [400, 'AUDIENCE_INVALID', { ...toU1, to: { users: [] } }],
    [400, 'AUDIENCE_INVALID', { type: 'message', data: toU1.data }],
    [400, 'CHANNEL_INVALID', { ...toU1, to: { user: 'a\nb' } }],
    [413, 'DATA_TOO_LARGE', { ...toU1, data: { text: 'x'.repeat(70_000) } }],
    [413, 'BODY_TOO_LARGE', { ...toU1, data: { text: 'x'.repeat(200_000) } }],
    [400, 'BODY_INVALID', { ...toU1, durable: 'no' }],
    [400, 'BODY_INVALID', { ...toU1, idempotencyKey: '' }],
    [400, 'BODY_INVALID', { ...toU1, cc: 'u2' }],
    [400, 'BODY_INVALID', { to: toU1.to, data: toU1.data }],
    [
      400,
      'BODY_INVALID',
      '{"to":{"user":"u1"},"type":"message","data":{"text":"x"},"__proto__":{}}',
    ],
    [400, 'BODY_INVALID', '[]'],
    [400, 'BODY_INVALID', 'null'],
    [400, 'BODY_INVALID', '{'],
    [400, 'BODY_INVALID', ''],
    [400, 'BODY_INVALID', Buffer.from(JSON.stringify(toU1).replace('hello', '\xc3('), 'latin1')],
    [400, 'BODY_INVALID', '['.repeat(50_000) + ']'.repeat(50_000)],
  ])('%i %s', async (status, code, body) => {
    expect(await post(body)).toMatchObject({
      status,
      body: { code, message: expect.stringMatching(/./) },
    });
    expect((await post(toU1)).status).toBe(202);
  });

  test('100,000 levels of nesting in the data, whatever its schema', async () => {
    const own = await serve(publishHandler(notifier, { open: true, maxBodyBytes: 1_000_000 }));
    const send = (data: string) =>
      fetch(own.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"to":{"user":"u1"},"type":"anything","data":${data}}`,
      })
        .then(answerOf)
        .then(({ status, body }) => body.code ?? status);
    expect(await send('['.repeat(100_000) + ']'.repeat(100_000))).toBe('BODY_INVALID');
    expect(await send(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toBe('BODY_INVALID');
    expect(await send('['.repeat(99) + ']'.repeat(99))).toBe(202);
    own.server.close();
  });

  test('another content under a used key: 409', async () => {
    await post({ ...toU1, idempotencyKey: 'k' });
    expect(await post({ ...toU1, data: { text: 'b' }, idempotencyKey: 'k' })).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_CONFLICT' },
    });
  });

  test('a user who does not exist: 422 with the name; 503 where that cannot be found out', async () => {
    let isAway = false;
    const strict = makeNotifier({
      unknownRecipients: () => {
        if (isAway) throw new Error('the database is away');
        return ['u1'];
      },
    });
    await strict.start();
    const own = await serve(publishHandler(strict, { open: true }));
    const send = () =>
      fetch(own.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(toU1),
      }).then(answerOf);
    expect(await send()).toMatchObject({
      status: 422,
      body: { code: 'RECIPIENT_UNKNOWN', message: expect.stringContaining('"u1"') },
    });
    isAway = true;
    const unchecked = await send();
    expect(unchecked).toMatchObject({ status: 503, body: { code: 'RECIPIENTS_UNCHECKED' } });
    expect(unchecked.headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(unchecked.body)).not.toContain('database');
    own.server.close();
    await strict.close();
  });

  test('other methods: 405 with Allow', async () => {
    const answer = await answerOf(await fetch(served.url));
    expect(answer).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(answer.headers.get('allow')).toBe('POST');
  });

  test('other types and encodings of the body: 415', async () => {
    const refused = { status: 415, body: { code: 'MEDIA_TYPE_UNSUPPORTED' } };
    expect(await post(toU1, { 'content-type': 'text/plain' })).toMatchObject(refused);
    expect(await post(toU1, { 'content-type': 'application/jsonp' })).toMatchObject(refused);
    const zipped = gzipSync(JSON.stringify(toU1));
    expect(await post(zipped, { 'content-encoding': 'gzip' })).toMatchObject(refused);
  });

  test.each([
    ['is announced too large, before it comes', 'Content-Length: 200000\r\n\r\n'],
    [
      'grows too large, before it ends',
      `Transfer-Encoding: chunked\r\n\r\n30d40\r\n${' '.repeat(200_000)}\r\n`,
    ],
  ])('a body that %s: 413', async (_, rest) => {
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${rest}`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  test('a body that breaks off, without harm', async () => {
    const { port } = new URL(served.url);
    const seen = new Promise<void>((resolve) => {
      served.server.once('request', (request) => request.once('close', () => resolve()));
    });
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Content-Length: 500\r\n\r\n{"to":`, () => socket.resetAndDestroy());
    await seen;
    expect((await post(toU1)).status).toBe(202);
    expect(log.lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  test('everything before the start and while draining: 503 with Retry-After', async () => {
    const fresh = makeNotifier();
    const own = await serve(publishHandler(fresh, { open: true }));
    const send = () =>
      fetch(own.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(toU1),
      }).then(answerOf);
    const early = await send();
    expect(early).toMatchObject({ status: 503, body: { code: 'NOT_STARTED' } });
    expect(early.headers.get('retry-after')).toBe('1');
    await fresh.start();
    await fresh.close();
    expect(await send()).toMatchObject({ status: 503, body: { code: 'CLOSED' } });
    own.server.close();
  });

  test('what the set-up is to blame for: 500 without details', async () => {
    const fault = new NotifyError('ENVELOPE_INVALID', 'the key rn:secret');
    notifier.notifyUnchecked = () => Promise.reject(fault);
    const answer = await post(toU1);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ code: 'INTERNAL' });
    expect(log.lines).toHaveLength(1);
  });

  test('an unexpected failure: 500 without details, which are logged', async () => {
    notifier.notifyUnchecked = () => Promise.reject(new Error('password is hunter2'));
    const answer = await post(toU1);
    expect(answer).toMatchObject({ status: 500 });
    expect(answer.body).toEqual({ code: 'INTERNAL' });
    expect(log.lines.map((line) => [line.level, String(Object.values(line.facts)[0])])).toEqual([
      ['error', 'Error: password is hunter2'],
    ]);
  });
});
