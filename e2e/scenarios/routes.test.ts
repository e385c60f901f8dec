import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { helloBody, hostHeader } from './hosts/host.js';
import { hosts } from './hosts/index.js';
import { access, appOrigin, tokenOf } from './notifier.js';
import { followAs, heard, stage } from './stage.js';
import { transports } from './streams.js';

const publish = { open: true, maxBodyBytes: 4_096 };
const message = { to: { user: 'u1' }, type: 'message', data: { text: 'hello' } };

const post = (url: string, body: unknown, type = 'application/json') =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, connection: 'close' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** A request that leaves no idle connection behind. */
const ask = (url: string, { headers = {}, ...init }: RequestInit = {}) =>
  fetch(url, { ...init, headers: { connection: 'close', origin: appOrigin, ...headers } });

describe.each(hosts)('on $name', (host) => {
  it('publishing stands the body parser before it', async () => {
    const { base } = await stage(host, [{ access, publish }]);
    const url = `${base}/notifications/publish`;
    for (const transport of transports) {
      const { stream } = await followAs(transport, 'u1', { base });
      const answer = await post(url, message);
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({ stored: true });
      expect(await heard(stream)).toBe('hello');
      stream.close();
    }
    const refusals: [status: number, body: unknown, type?: string][] = [
      [400, '{"to":'],
      [400, {}],
      [400, { ...message, type: 'nonsense' }],
      [413, { ...message, data: { text: 'x'.repeat(5_000) } }],
      [415, message, 'text/plain'],
    ];
    for (const [status, body, type] of refusals) {
      expect((await post(url, body, type)).status).toBe(status);
    }
    const wrong = await ask(url);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('history, with or without a slash at the end, for GET and HEAD', async () => {
    const { base, say } = await stage(host);
    await say('u1', 'before');
    const headers = { authorization: `Bearer ${await tokenOf('u1')}` };
    for (const path of ['/notifications', '/notifications/', '/notifications?limit=1']) {
      const answer = await ask(base + path, { headers });
      expect(await answer.json()).toMatchObject({ items: [{ data: { text: 'before' } }] });
      expect(answer.headers.get('access-control-allow-origin')).toBe(appOrigin);
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
      expect(answer.headers.get(hostHeader[0])).toBe(hostHeader[1]);
    }
    const head = await ask(`${base}/notifications`, { headers, method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await ask(`${base}/notifications/`)).status).toBe(401);
    expect((await ask(`${base}/notifications/stream/`)).status).toBe(401);
    expect((await ask(`${base}/notifications/stream`, { method: 'HEAD' })).status).toBe(405);
  });

  it('preflights are answered by the CORS of the host', async () => {
    const { base } = await stage(host);
    for (const route of ['', '/stream']) {
      const answer = await ask(`${base}/notifications${route}`, {
        method: 'OPTIONS',
        headers: {
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe(appOrigin);
    }
  });

  it('liveness and readiness', async () => {
    const { base, notifier } = await stage(host);
    expect((await ask(`${base}/healthz`)).status).toBe(200);
    expect(await (await ask(`${base}/readyz`)).json()).toMatchObject({ status: 'ok' });
    await notifier.drain();
    expect((await ask(`${base}/readyz`)).status).toBe(503);
  });

  it('what is not ours stays the host’s', async () => {
    const { base } = await stage(host);
    const hello = await ask(`${base}/hello`, { headers: { 'accept-encoding': 'gzip' } });
    expect(hello.headers.get('content-encoding')).toBe('gzip');
    expect(await hello.json()).toEqual(helloBody);
    expect(await (await post(`${base}/echo`, { said: 'yes' })).json()).toEqual({ said: 'yes' });
    const nowhere = await ask(`${base}/notifications/nothing`);
    expect(nowhere.status).toBe(404);
    expect(await nowhere.json()).toMatchObject(host.notFound);

    const socket = new WebSocket(`${base.replace('http', 'ws')}/host-socket`);
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('host: hello');
    socket.terminate();
  });
});
