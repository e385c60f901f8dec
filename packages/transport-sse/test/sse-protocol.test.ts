import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type SseHandler, type SseOptions, sseHandler } from '../src/index.js';
import { SseClient } from './sse-client.js';

const catalogue = defineCatalogue({ note: z.object({ text: z.string() }) });
let notifier = createNotifier({ catalogue });
let server = http.createServer();
let port = 0;

async function serve(
  options: Partial<SseOptions> = {},
  wrap: (handler: SseHandler) => SseHandler = (handler) => handler,
): Promise<void> {
  const handler = sseHandler(notifier, {
    authenticate: ({ query }) => ({ userId: query.get('token') ?? 'u1' }),
    ...options,
  });
  server = http.createServer(wrap(handler));
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

test('the head forbids storing, transforming and buffering', async () => {
  await serve();
  const { headers, status, body } = await fetch(`http://127.0.0.1:${port}/stream`);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store, no-transform');
  expect(headers.get('x-accel-buffering')).toBe('no');
  await body?.cancel();
});

test('other methods get 405', async () => {
  await serve();
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const answer = await fetch(`http://127.0.0.1:${port}/stream`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
    expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  }
});

test('a 401 names the way to authenticate and tells nothing else', async () => {
  await serve({ authenticate: () => null });
  const answer = await fetch(`http://127.0.0.1:${port}/stream?token=secret`);
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect(await answer.text()).not.toContain('secret');
});

test('a request line that is no URL is not the end of the world', async () => {
  await serve();
  const status = await new Promise((resolve, reject) => {
    const request = http.get({ port, path: '//%%%?cursor=%zz' }, (response) => {
      response.destroy();
      resolve(response.statusCode);
    });
    request.on('error', reject);
  });
  expect(status).toBe(400);
});

test('a quiet stream gets heartbeats', async () => {
  await serve({ heartbeatMs: 100 });
  const { body } = await fetch(`http://127.0.0.1:${port}/stream`);
  const seen: string[] = [];
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!seen.join('').includes('\n\n:\n\n:\n\n')) seen.push((await reader?.read())?.value ?? '');
  await reader?.cancel();
});

test('a stream of maximal age ends with MAX_AGE and may come back at once', async () => {
  await serve({ maxAgeMs: 1_000 });
  const client = new SseClient(port, {});
  await eventually(() => expect(client.bye).toEqual({ code: 'MAX_AGE', returnMs: 0 }));
});

test('clients are told to come back at different times', async () => {
  await serve({ retryMs: 2_000 });
  const told = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { body } = await fetch(`http://127.0.0.1:${port}/stream`);
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      const text = (await reader?.read())?.value ?? '';
      await reader?.cancel();
      return Number(/^retry: (\d+)$/m.exec(text)?.[1]);
    }),
  );
  expect(new Set(told).size).toBeGreaterThan(1);
  expect(Math.min(...told)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...told)).toBeLessThanOrEqual(3_000);
});

test('the header of a reconnect goes before the cursor of the first URL', async () => {
  await serve();
  const client = new SseClient(port, { cursor: 'c1' });
  await eventually(() => expect(client.readies).toHaveLength(1));
  client.cut();
  const response = await fetch(`http://127.0.0.1:${port}/stream?cursor=nonsense`, {
    headers: { 'Last-Event-ID': client.cursor ?? '' },
  });
  expect(response.status).toBe(200);
  await response.body?.cancel();
});

test('a middleware that wraps the response sees every byte', async () => {
  const seen: Buffer[] = [];
  await serve({}, (handler) => (request, response) => {
    const write = response.write.bind(response);
    response.write = ((chunk: Buffer | string) => {
      seen.push(Buffer.from(chunk));
      return write(chunk);
    }) as ServerResponse['write'];
    handler(request, response);
  });
  const client = new SseClient(port, {});
  await eventually(() => expect(client.readies).toHaveLength(1));
  await notifier.notify({ to: { user: 'u1' }, type: 'note', data: { text: 'seen' } });
  await eventually(() => expect(client.notifications).toHaveLength(1));
  expect(Buffer.concat(seen).toString()).toContain('"text":"seen"');
  client.cut();
});

test('unknown options and a missing authenticate are errors', () => {
  expect(() => sseHandler(notifier, {})).toThrow(
    expect.objectContaining({ code: 'AUTHENTICATION_MISSING' }),
  );
  const typo = { anonymous: true, heartbeatSeconds: 3 };
  expect(() => sseHandler(notifier, typo)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
});
