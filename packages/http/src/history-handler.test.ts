import { NotifyError, parseCursor } from '@realtime-notify/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerOf, makeNotifier, serve } from '../test/serving.js';
import { historyHandler } from './history-handler.js';

let notifier: ReturnType<typeof makeNotifier>;
let served: Awaited<ReturnType<typeof serve>>;

beforeEach(async () => {
  notifier = makeNotifier();
  await notifier.start();
  served = await serve(
    historyHandler(notifier, {
      authenticate: ({ query, headers }) => {
        if (headers.authorization === 'broken') throw new Error('key server down');
        if (headers.authorization === 'bad') throw new NotifyError('UNAUTHENTICATED', 'bad token');
        const user = query.get('user');
        return user === null ? null : { userId: user, groups: ['g1', 'g2'] };
      },
    }),
  );
});

afterEach(async () => {
  vi.useRealTimers();
  served.server.close();
  await notifier.close();
});

async function look(query: string, headers: Record<string, string> = {}) {
  return answerOf(await fetch(`${served.url}/notifications?${query}`, { headers }));
}

const textsOf = (body: Record<string, unknown>) =>
  (body.items as { data: { text: string } }[]).map((item) => item.data.text);

function say(text: string, to: Parameters<typeof notifier.notify>[0]['to'] = { user: 'u1' }) {
  return notifier.notify({ to, type: 'message', data: { text } });
}

test('gives the user the newest first, of the asked groups too, and nobody else', async () => {
  const { id } = await say('one');
  await say('two', { all: true });
  await say('three', { group: 'g1' });
  await say('not asked for', { group: 'g2' });
  await say('stranger', { user: 'u2' });
  const { status, body } = await look('user=u1&group=g1&group=g1');
  expect(status).toBe(200);
  expect(textsOf(body)).toEqual(['three', 'two', 'one']);
  expect((body.items as unknown[])[2]).toMatchObject({
    id,
    type: 'message',
    channel: 'user:u1',
    offset: 1,
    data: { text: 'one' },
  });
  expect(parseCursor(String(body.cursor)).size).toBe(3);
});

test('begins at a time in milliseconds, or written in ISO 8601', async () => {
  const begin = Date.parse('2024-05-01T12:00:00Z');
  vi.useFakeTimers({ toFake: ['Date'], now: begin });
  await say('old');
  vi.setSystemTime(begin + 60_000);
  await say('new');
  // Not back to today: by then the store has forgotten them.
  const since = async (text: string) =>
    textsOf((await look(`user=u1&since=${encodeURIComponent(text)}`)).body);
  expect(await since(String(begin))).toEqual(['new', 'old']);
  expect(await since(String(begin + 1))).toEqual(['new']);
  expect(await since('2024-05-01T12:00:30Z')).toEqual(['new']);
  expect(await since('2024-05-01T14:00:00+02:00')).toEqual(['new', 'old']);
  expect(await since('2024-05-01')).toEqual(['new', 'old']);
  expect(await since('2024-05-02')).toEqual([]);
});

test('gives 50 by default and 200 at most', async () => {
  for (let n = 1; n <= 201; n += 1) await say(String(n));
  expect(textsOf((await look('user=u1')).body)).toHaveLength(50);
  expect(textsOf((await look('user=u1&limit=2')).body)).toEqual(['201', '200']);
  expect(textsOf((await look('user=u1&limit=1000')).body)).toHaveLength(200);
});

test.each([
  'since=yesterday',
  'since=2024-13-01',
  'since=2024-05-01T12:00:00',
  'since=',
  'limit=0',
  'limit=-1',
  'limit=ten',
  'limit=1.5',
])('refuses %s', async (query) => {
  expect(await look(`user=u1&${query}`)).toMatchObject({
    status: 400,
    body: { code: 'PARAMETER_INVALID', message: expect.stringMatching(/since|limit/) },
  });
});

test('refuses more groups than a stream takes', async () => {
  const groups = Array.from({ length: 31 }, (_, n) => `group=g${n}`).join('&');
  const refused = await look(`user=u1&${groups}`);
  expect(refused).toMatchObject({ status: 429, body: { code: 'LIMIT_EXCEEDED' } });
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(notifier.limits.snapshot().groupsPerRequest).toBe(1);
});

test('refuses who may not look', async () => {
  const refused = (status: number, code: string) => ({ status, body: { code } });
  expect(await look('')).toMatchObject(refused(401, 'UNAUTHENTICATED'));
  expect(await look('user=u1', { authorization: 'bad' })).toMatchObject(
    refused(401, 'UNAUTHENTICATED'),
  );
  expect(await look('user=u1&group=g3')).toMatchObject(refused(403, 'FORBIDDEN'));
  expect(await look('user=a%00b')).toMatchObject(refused(400, 'CHANNEL_INVALID'));
  const later = await look('user=u1', { authorization: 'broken' });
  expect(later).toMatchObject(refused(503, 'UNAVAILABLE'));
  expect(later.headers.get('retry-after')).toBe('5');
});

test('takes GET and HEAD only', async () => {
  const posted = await fetch(`${served.url}/?user=u1`, { method: 'POST' });
  expect(posted.status).toBe(405);
  expect(posted.headers.get('allow')).toBe('GET, HEAD');
  const head = await fetch(`${served.url}/?user=u1`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('needs to be told who may look', () => {
  expect(() => historyHandler(notifier, {})).toThrow(
    expect.objectContaining({ code: 'AUTHENTICATION_MISSING' }),
  );
  expect(() => historyHandler(notifier, { anonymous: true, max: 1 } as object)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
});
