import { once } from 'node:events';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { examples, type RunningExample, startExample } from './harness/example.js';

const hello = { to: { user: 'u1' }, type: 'message', data: { text: 'hello' } };

describe.each(examples)('the example for $name', (example) => {
  let server: RunningExample;
  let base: string;

  beforeAll(async () => {
    server = await startExample(example);
    base = server.base;
  });

  afterAll(() => {
    server?.process.kill('SIGKILL');
  });

  function post(path: string, body: unknown, type = 'application/json'): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(new URL(path, base), {
      method: 'POST',
      headers: { 'content-type': type },
      body: text,
    });
  }

  async function tokenOf(user: string, more: object = {}): Promise<string> {
    const answer = (await (await post('/demo/token', { user, ...more })).json()) as {
      token: string;
    };
    return answer.token;
  }

  /** The events of a stream, one by one. */
  async function stream(query: string, headers: Record<string, string>) {
    const response = await fetch(new URL(`/notifications/stream${query}`, base), { headers });
    expect(response.status).toBe(200);
    const events = response.body
      ?.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader();
    return async () => {
      const { value } = (await events?.read()) ?? {};
      return value && { event: value.event, id: value.id, data: JSON.parse(value.data) };
    };
  }

  describe('serves, and', () => {
    it('says on standard output where it serves, and nothing else', () => {
      expect(server.output.stdout).toBe(`ready ${base}\n`);
    });

    it('shows a page that loads nothing from elsewhere', async () => {
      const page = await fetch(base);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
      const html = await page.text();
      expect(html).toContain('<h1>realtime-notify</h1>');
      expect(html).not.toMatch(/https?:\/\//);
      for (const [, asset] of html.matchAll(/(?:src|href)="([\w.-]+)"/g)) {
        expect((await fetch(new URL(asset ?? '', base))).status).toBe(200);
      }
    });

    it('brings a notification to the streams of its user, equal over SSE and WebSocket', async () => {
      const token = await tokenOf('u1', { groups: ['g1'] });
      const bearer = await stream('?group=g1', { authorization: `Bearer ${token}` });
      // As a browser says that its own page asks; a cookie alone would prove nothing.
      const own = { cookie: `token=${token}`, 'sec-fetch-site': 'same-origin' };
      const cookie = await stream('', own);
      const query = await stream(`?token=${token}`, {});
      const stranger = await stream(`?token=${await tokenOf('u2')}`, {});
      for (const next of [bearer, cookie, query, stranger]) {
        expect(await next()).toMatchObject({ event: 'ready', data: { recovered: true } });
      }
      const socket = new WebSocket(
        new URL(`/notifications/ws?token=${token}`, base.replace('http', 'ws')),
        'realtime-notify.v1',
      );
      const frames: string[] = [];
      const twoFrames = new Promise<void>((resolve) => {
        socket.on('message', (bytes) => {
          if (frames.push(String(bytes)) === 2) resolve();
        });
      });
      await once(socket, 'message');

      const answer = await post('/demo/notify', { ...hello, idempotencyKey: 'once' });
      expect(answer.status).toBe(202);
      const result = (await answer.json()) as { id: string };
      expect((await post('/demo/notify', { ...hello, idempotencyKey: 'once' })).status).toBe(200);
      const { data } = (await bearer()) ?? {};
      expect(data).toMatchObject({ id: result.id, channel: 'user:u1', data: { text: 'hello' } });
      expect(await cookie()).toMatchObject({ event: 'message', data });
      expect(await query()).toMatchObject({ event: 'message', data });
      await twoFrames;
      expect(JSON.parse(frames[1] ?? '')).toEqual({ t: 'n', ...data });
      socket.terminate();

      const approved = { type: 'order.approved', data: { orderId: '7', amount: 9.5 } };
      await post('/demo/notify', { to: { group: 'g1' }, ...approved });
      await post('/demo/notify', {
        to: { all: true },
        type: 'system.notice',
        data: { text: 'soon', level: 'info' },
      });
      expect(await bearer()).toMatchObject({ event: 'order.approved', data: approved });
      expect(await bearer()).toMatchObject({ event: 'system.notice' });
      expect(await stranger()).toMatchObject({ event: 'system.notice' });
      expect(await cookie()).toMatchObject({ event: 'system.notice' });
    });

    it('looks back, and a stream goes on from there', async () => {
      const token = await tokenOf('u3');
      await post('/demo/notify', { ...hello, to: { user: 'u3' } });
      const headers = { authorization: `Bearer ${token}` };
      const history = await fetch(new URL('/notifications?limit=1', base), { headers });
      const { items, cursor } = (await history.json()) as { items: object[]; cursor: string };
      expect(items).toMatchObject([{ channel: 'user:u3', data: { text: 'hello' } }]);
      await post('/demo/notify', { ...hello, to: { user: 'u3' }, data: { text: 'next' } });
      const next = await stream(`?cursor=${cursor}`, headers);
      expect(await next()).toMatchObject({ event: 'ready' });
      expect(await next()).toMatchObject({ event: 'message', data: { data: { text: 'next' } } });
    });

    it('is alive and ready', async () => {
      expect((await fetch(new URL('/healthz', base))).status).toBe(200);
      const ready = await fetch(new URL('/readyz', base));
      expect(await ready.json()).toMatchObject({ status: 'ok', reasons: [] });
    });
  });

  describe('refuses', () => {
    const notifying: [number, string, unknown, string?][] = [
      [400, 'TYPE_UNKNOWN', { ...hello, type: 'nope' }],
      [400, 'DATA_INVALID', { ...hello, data: {} }],
      [400, 'AUDIENCE_INVALID', { ...hello, to: {} }],
      [400, 'CHANNEL_INVALID', { ...hello, to: { user: '' } }],
      [400, 'BODY_INVALID', '{"to":'],
      [400, 'BODY_INVALID', '['.repeat(100_000)],
      [413, 'BODY_TOO_LARGE', { ...hello, data: { text: 'x'.repeat(200_000) } }],
      [415, 'MEDIA_TYPE_UNSUPPORTED', hello, 'text/plain'],
    ];
    it.each(notifying)('to notify: %i %s', async (status, code, body, type) => {
      const answer = await post('/demo/notify', body, type);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code, message: expect.any(String) });
    });

    it.each([
      ['{', 400],
      ['{"user":""}', 400],
      ['{"user":"u","groups":"g"}', 400],
      [`{"user":"${'x'.repeat(200_000)}"}`, 413],
    ])('to make a token for %.20s', async (body, status) => {
      const answer = await post('/demo/token', body);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^BODY_/) });
    });

    it.each(['/notifications/stream', '/notifications'])('at %s who may not', async (path) => {
      const status = async (query: string, method = 'GET') =>
        (await fetch(new URL(path + query, base), { method })).status;
      expect(await status('')).toBe(401);
      expect(await status('?token=nonsense')).toBe(401);
      expect(await status(`?token=${await tokenOf('u1', { ttlSeconds: 0 })}`)).toBe(401);
      expect(await status(`?group=g2&token=${await tokenOf('u1', { groups: ['g1'] })}`)).toBe(403);
      expect(await status('', 'DELETE')).toBe(405);
    });

    it.each(['/nowhere', '/notifications/poll', '/metrics', '/%ff'])('%s', async (path) => {
      const answer = await fetch(new URL(path, base));
      expect([404, 400]).toContain(answer.status);
      expect(await answer.json()).toMatchObject({ code: expect.any(String) });
    });
  });

  it('SIGTERM: tells each stream when to come back, and ends with code 0', async () => {
    const next = await stream(`?token=${await tokenOf('u1')}`, {});
    expect(await next()).toMatchObject({ event: 'ready' });
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    expect(await next()).toMatchObject({
      event: 'bye',
      data: { code: 'DRAINING', returnMs: expect.any(Number) },
    });
    expect(await exited).toEqual([0, null]);
    expect(server.output.stdout).toBe(`ready ${base}\n`);
    expect(server.output.stderr).toBe('');
  });
});
