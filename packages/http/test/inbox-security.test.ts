import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type InboxHandlerOptions, inboxHandlers } from '../src/index.js';
import { answerOf, makeNotifier, serve } from './serving.js';

const notifier = makeNotifier({ inbox: {} });

beforeAll(() => notifier.start());
afterAll(() => notifier.close());

async function served(authenticate: NonNullable<InboxHandlerOptions['authenticate']>) {
  const { list, counts, read } = inboxHandlers(notifier, {
    authenticate,
    allowedOrigins: ['https://app.example'],
  });
  const { server, url } = await serve((request, response) => {
    const handler = request.url === '/read' ? read : request.url === '/counts' ? counts : list;
    void handler(request, response);
  });
  onTestFinished(() => void server.close());
  return async (path: string, headers: Record<string, string> = {}, body?: string) =>
    answerOf(
      await fetch(url + path, {
        headers: { 'content-type': 'application/json', connection: 'close', ...headers },
        ...(body === undefined ? {} : { method: 'POST', body }),
      }),
    );
}

test('G8 a foreign page marks nothing and reads nothing by a cookie (CSRF)', async () => {
  const ask = await served(({ headers }) =>
    headers.cookie === undefined ? null : { userId: 'csrf' },
  );
  const { id } = await notifier.notify({
    to: { user: 'csrf' },
    type: 'message',
    data: { text: 'secret' },
  });
  const cookie = 'session=1';
  const forgeries: Record<string, string>[] = [
    { cookie },
    { cookie, origin: 'https://evil.example' },
    { cookie, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of forgeries) {
    for (const [path, body] of [['/'], ['/counts'], ['/read', '{"all":true}']] as const) {
      expect((await ask(path, headers, body)).body.code).toBe('ORIGIN_FORBIDDEN');
    }
  }
  const plain = { cookie, origin: 'https://app.example', 'content-type': 'text/plain' };
  expect((await ask('/read', plain, '{"all":true}')).status).toBe(415);
  expect((await notifier.inbox('csrf').counts()).unread).toBe(1);
  const honest = { cookie, origin: 'https://app.example' };
  expect((await ask('/read', honest, JSON.stringify({ ids: [id] }))).body.unread).toBe(0);
  expect((await ask('/read', {}, '{"all":true}')).status).toBe(401);
});

test('G8 the inbox is refused to a credential that was revoked, every route of it', async () => {
  const issuedAt = Date.now() - 1_000;
  const ask = await served(() => ({ userId: 'revoked', issuedAt }));
  await notifier.notify({ to: { user: 'revoked' }, type: 'message', data: { text: '' } });
  expect((await ask('/')).status).toBe(200);
  await notifier.revoke({ userId: 'revoked' });
  for (const [path, body] of [['/'], ['/counts'], ['/read', '{"all":true}']] as const) {
    expect(await ask(path, {}, body)).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHENTICATED' },
    });
  }
  expect((await notifier.inbox('revoked').counts()).unread).toBe(1);
});
