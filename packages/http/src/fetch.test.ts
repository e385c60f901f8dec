import { expect, onTestFinished, test } from 'vitest';
import { answerOf, makeNotifier, recordingLogger, serve } from '../test/serving.js';
import { healthHandlers, historyHandler, inboxHandlers, publishHandler } from './index.js';

const origin = 'https://app.example';

async function routes() {
  const notifier = makeNotifier({ inbox: {} });
  await notifier.start();
  onTestFinished(() => notifier.close());
  const options = {
    authenticate: ({
      headers,
    }: {
      readonly headers: { readonly cookie?: string | undefined };
    }) => ({
      userId: headers.cookie?.split('=')[1] ?? 'u1',
    }),
    allowedOrigins: [origin],
  };
  const inbox = inboxHandlers(notifier, options);
  return {
    notifier,
    publish: publishHandler(notifier, { open: true, maxBodyBytes: 200, bodyTimeoutMs: 50 }),
    history: historyHandler(notifier, options),
    live: healthHandlers(notifier).live,
    ...inbox,
  };
}

const post = (body: BodyInit, headers: Record<string, string> = {}) => {
  // Needed where the body is a stream; not everybody's types know it.
  const streaming = { duplex: 'half' };
  return new Request('http://host.example/x', {
    ...streaming,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
};

const note = JSON.stringify({ to: { user: 'u1' }, type: 'message', data: { text: 'hello' } });

test('every route answers a request of the Fetch standard as it answers one of Node', async () => {
  const { publish, history, live, list, read, counts } = await routes();
  expect((await publish.fetch(post(note))).status).toBe(202);
  for (const [handler, request] of [
    [live, new Request('http://host.example/')],
    [history, new Request('http://host.example/?limit=1', { headers: { origin } })],
    [list, new Request('http://host.example/?limit=0')],
    [list, new Request('http://host.example/?limit=5')],
    [counts, new Request('http://host.example/', { method: 'HEAD' })],
    [counts, new Request('http://host.example/', { method: 'POST' })],
  ] as const) {
    const { server, url } = await serve((...both) => void handler(...both));
    const { method, headers } = request;
    const target = request.url.replace('http://host.example', url);
    const ofNode = await answerOf(await fetch(target, { method, headers }));
    server.close();
    const ofFetch = await answerOf(await handler.fetch(request));
    expect([ofFetch.status, ofFetch.body]).toEqual([ofNode.status, ofNode.body]);
    for (const name of ['content-type', 'cache-control', 'allow', 'access-control-allow-origin']) {
      expect([name, ofFetch.headers.get(name)]).toEqual([name, ofNode.headers.get(name)]);
    }
  }
  const marked = await answerOf(await read.fetch(post('{"all":true}')));
  expect(marked).toMatchObject({ status: 200, body: { unread: 0 } });
});

test('bodies are bounded there too, in size and in time', async () => {
  const { publish } = await routes();
  const large = await publish.fetch(post(note + ' '.repeat(300)));
  expect(large.status).toBe(413);
  const halting = new ReadableStream({ start: (writer) => writer.enqueue(Buffer.from('{')) });
  expect((await publish.fetch(post(halting))).status).toBe(408);
  const broken = new ReadableStream({ start: (writer) => writer.error(new Error('gone')) });
  expect((await publish.fetch(post(broken))).status).toBe(400);
  const none = new Request('http://host.example/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  expect((await publish.fetch(none)).status).toBe(400);
});

test('G8 a cookie needs the proof of its origin there too (CSRF)', async () => {
  const { read } = await routes();
  const asked = async (headers: Record<string, string>) =>
    (await read.fetch(post('{"all":true}', headers))).status;
  expect(await asked({ cookie: 'user=u1' })).toBe(403);
  expect(await asked({ cookie: 'user=u1', origin: 'https://evil.example' })).toBe(403);
  expect(await asked({ cookie: 'user=u1', origin })).toBe(200);
  expect(await asked({ cookie: 'user=u1', origin: 'http://host.example' })).toBe(200);
  const preflight = new Request('http://host.example/', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  const answer = await read.fetch(preflight);
  expect([answer.status, answer.headers.get('access-control-allow-methods')]).toEqual([
    204,
    'POST',
  ]);
});

test('what fails unexpectedly is logged, and told to nobody', async () => {
  const { notifier } = await routes();
  const log = recordingLogger();
  const authenticate = () => Promise.reject(new Error('secret'));
  const { list } = inboxHandlers(notifier, { authenticate, logger: log.logger });
  const answer = await answerOf(await list.fetch(new Request('http://host.example/')));
  expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
  expect(JSON.stringify(answer.body)).not.toContain('secret');
  expect(log.lines).toHaveLength(1);
});
