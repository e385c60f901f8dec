import { memoryStore } from '@realtime-notify/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerOf, makeNotifier, serve } from '../test/serving.js';
import { type InboxHandlers, inboxHandlers } from './inbox-handlers.js';

let notifier: ReturnType<typeof makeNotifier>;
let served: Awaited<ReturnType<typeof serve>>;
let allowed: Set<string>;
let store: ReturnType<typeof memoryStore>;

const names: readonly (keyof InboxHandlers)[] = [
  'counts',
  'seen',
  'read',
  'unread',
  'archive',
  'unarchive',
  'remove',
  'mute',
  'unmute',
];

beforeEach(async () => {
  store = memoryStore();
  notifier = makeNotifier({ inbox: {}, store });
  await notifier.start();
  allowed = new Set(['g1', 'g2']);
  const handlers = inboxHandlers(notifier, {
    authenticate: ({ query }) => ({ userId: query.get('user') }),
    authorize: (_principal, group) => {
      if (group === 'broken') throw new Error('the directory is down');
      return allowed.has(group);
    },
    maxPageBytes: 400,
  });
  served = await serve((request, response) => {
    const name = request.url?.split(/[/?]/)[1] ?? '';
    const handler = handlers[names.find((each) => each === name) ?? 'list'];
    void handler(request, response);
  });
});

afterEach(async () => {
  served.server.closeAllConnections();
  served.server.close();
  await notifier.close();
});

const look = async (query = '', path = '') =>
  answerOf(await fetch(`${served.url}/${path}?user=u1&${query}`));

const change = async (name: keyof InboxHandlers, body: unknown, query = '') =>
  answerOf(
    await fetch(`${served.url}/${name}?user=u1&${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

async function say(text: string, to: Parameters<typeof notifier.notify>[0]['to'] = { user: 'u1' }) {
  return (await notifier.notify({ to, type: 'message', data: { text } })).id;
}

const itemsOf = (body: Record<string, unknown>) =>
  body.items as { id: string; data: { text: string }; read: boolean }[];
const textsOf = (body: Record<string, unknown>) => itemsOf(body).map(({ data }) => data.text);

describe('the list', () => {
  test('shows each notification with its flags, the counts, their version, and where it goes on', async () => {
    const first = await say('one');
    const second = await say('two', { all: true });
    await change('read', { ids: [first] });
    await say('three');
    const { status, body } = await look('limit=2');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      items: [
        { type: 'message', channel: 'user:u1', offset: 2, seen: false, read: false },
        { id: first, seen: true, read: true, archived: false, data: { text: 'one' } },
      ],
      unread: 1,
      unseen: 1,
      muted: [],
      next: null,
    });
    // What came to all before the user first looked is not in the inbox.
    expect(itemsOf(body).map(({ id }) => id)).not.toContain(second);
    expect(body.at).toEqual({ 'user:u1': 2, all: 1 });
    expect(body.version).toEqual({ epoch: expect.any(String), offset: expect.any(Number) });
  });

  test('pages, and selects', async () => {
    await look();
    const ids: string[] = [];
    for (let n = 1; n <= 5; n += 1) ids.push(await say(`${n}`));
    await change('archive', { ids: [ids[4]] });
    await change('read', { ids: [ids[0]] });
    expect(textsOf((await look('unread=1')).body)).toEqual(['4', '3', '2']);
    expect(textsOf((await look('archived=1')).body)).toEqual(['5']);
    expect(textsOf((await look('type=anything')).body)).toEqual([]);
    const page = (await look('limit=2')).body;
    expect(textsOf(page)).toEqual(['4', '3']);
    const rest = (await look(`limit=2&before=${page.next}`)).body;
    expect([textsOf(rest), rest.next]).toEqual([['2', '1'], null]);
    await say('6');
    expect(textsOf((await look(`after=${page.cursor}`)).body)).toEqual(['6']);
    expect(textsOf((await look(`since=${Date.now() + 1_000}`)).body)).toEqual([]);
    expect(textsOf((await look(`since=${Date.now() - 10_000}`)).body)).toHaveLength(5);
  });

  test('ends before `maxPageBytes`, and goes on there', async () => {
    await look();
    for (let n = 1; n <= 3; n += 1) await say('x'.repeat(180));
    const page = (await look()).body;
    expect(itemsOf(page)).toHaveLength(2);
    expect(itemsOf((await look(`before=${page.next}`)).body)).toHaveLength(1);
  });

  test.each([
    ['unread=yes', 'PARAMETER_INVALID'],
    ['archived=2', 'PARAMETER_INVALID'],
    ['limit=0', 'PARAMETER_INVALID'],
    ['since=yesterday', 'PARAMETER_INVALID'],
    [`type=${'x'.repeat(101)}`, 'PARAMETER_INVALID'],
    ['before=nowhere', 'CURSOR_INVALID'],
    ['after=nowhere', 'CURSOR_INVALID'],
  ])('refuses %s', async (query, code) => {
    expect(await look(query)).toMatchObject({ status: 400, body: { code } });
  });

  test('is the history for an anonymous client, which has no inbox', async () => {
    await say('one', { all: true });
    const response = await fetch(`${served.url}/`);
    const { body } = await answerOf(response);
    expect(Object.keys(body)).toEqual(['items', 'cursor']);
    const refused = await answerOf(await fetch(`${served.url}/counts`));
    expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });
});

describe('the changes', () => {
  test('each does as it says and answers the counts after it', async () => {
    const ids = [await say('one'), await say('two'), await say('three')];
    const [one, two, three] = ids;
    const done = async (name: keyof InboxHandlers, body: unknown) => {
      const answer = await change(name, body);
      expect(answer.status).toBe(200);
      const counts = (await look('', 'counts')).body;
      expect(answer.body).toEqual(counts);
      return [counts.unread, counts.unseen];
    };
    expect(await done('seen', { ids: [one, two] })).toEqual([3, 1]);
    expect(await done('read', { ids: [one, three] })).toEqual([1, 0]);
    expect(await done('unread', { ids: [one] })).toEqual([2, 0]);
    expect(await done('archive', { ids: [one] })).toEqual([1, 0]);
    expect(await done('unarchive', { ids: [one] })).toEqual([2, 0]);
    expect(await done('remove', { ids: [one] })).toEqual([1, 0]);
    expect(await done('mute', { type: 'message' })).toEqual([0, 0]);
    expect((await look()).body.muted).toEqual(['message']);
    expect(await done('unmute', { type: 'message' })).toEqual([1, 0]);
    const { cursor } = (await look()).body;
    await say('four');
    expect(await done('read', { upTo: cursor })).toEqual([1, 1]);
    expect(await done('read', { all: true })).toEqual([0, 0]);
  });

  test.each([
    ['read', '{"ids":'],
    ['read', {}],
    ['read', { all: false }],
    ['read', { ids: ['x'], all: true }],
    ['read', { ids: Array.from({ length: 101 }, (_, i) => `${i}`) }],
    ['read', { ids: [''] }],
    ['seen', { type: 'message' }],
    ['mute', { type: '' }],
    ['mute', { ids: ['x'] }],
  ] as const)('%s refuses %j', async (name, body) => {
    expect(await change(name, body)).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  });

  test('refuse what is no place or no type, and to mute more than is kept', async () => {
    expect(await change('read', { upTo: 'nowhere' })).toMatchObject({
      status: 400,
      body: { code: 'CURSOR_INVALID' },
    });
    expect(await change('mute', { type: 'no type' })).toMatchObject({
      status: 400,
      body: { code: 'TYPE_UNKNOWN' },
    });
    for (let n = 0; n < 100; n += 1) await notifier.inbox('u1').mute(`type-${n}`);
    expect(await change('mute', { type: 'one-more' })).toMatchObject({
      status: 429,
      body: { code: 'LIMIT_EXCEEDED' },
    });
    expect((await look()).body.muted).toHaveLength(100);
  });

  test('of others change nothing', async () => {
    const id = await say('theirs', { user: 'u2' });
    expect((await change('remove', { ids: [id] })).status).toBe(200);
    expect((await notifier.inbox('u2').counts()).unread).toBe(1);
  });

  test('take POST only', async () => {
    const got = await look('', 'read');
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await change('counts', {})).status).toBe(405);
  });
});

describe('groups', () => {
  test('count from when they are asked for, and only where they are allowed', async () => {
    await look('group=g1');
    await say('to the group', { group: 'g1' });
    expect(textsOf((await look()).body)).toEqual(['to the group']);
    expect((await look('group=g3')).status).toBe(403);
    const many = Array.from({ length: 31 }, (_, n) => `group=g${n}`).join('&');
    expect((await look(many)).body.code).toBe('LIMIT_EXCEEDED');
  });

  test('G8 one that the host refuses by now is left, whatever is asked', async () => {
    await look('group=g1&group=g2');
    const id = await say('to the first', { group: 'g1' });
    await say('to the second', { group: 'g2' });
    allowed.delete('g1');
    expect(textsOf((await look()).body)).toEqual(['to the second']);
    expect((await change('unread', { ids: [id] })).body).toMatchObject({ unread: 1 });
    // It is left for good: what came before is not shown again.
    allowed.add('g1');
    expect(textsOf((await look('group=g1')).body)).toEqual(['to the second']);
  });

  test('G8 a change tells that the group was left, before what it does itself', async () => {
    await look('group=g1');
    await say('to the group', { group: 'g1' });
    allowed.delete('g1');
    await say('mine');
    const { body } = await change('read', { all: true });
    expect(body).toMatchObject({ unread: 0, at: { 'user:u1': 1, all: 0 } });
    const [page] = await store.readAfter([{ channel: 'inbox:u1', after: 0, limit: 9 }]);
    expect(page?.items.map(({ dataJson }) => JSON.parse(dataJson).action)).toEqual([
      'joined',
      'left',
      'read',
    ]);
  });

  test('where the host cannot say nothing is shown', async () => {
    await notifier.inbox('u1', { groups: ['broken'] }).counts();
    expect(await look()).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
  });
});

test('needs a notifier that has an inbox, and to be told who may look', () => {
  const without = makeNotifier();
  expect(() => inboxHandlers(without, { anonymous: true })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
  expect(() => inboxHandlers(notifier, {})).toThrow(
    expect.objectContaining({ code: 'AUTHENTICATION_MISSING' }),
  );
});
