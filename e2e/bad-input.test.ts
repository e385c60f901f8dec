import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { badTokens } from './harness/bad-tokens.js';
import { startNode } from './harness/node-process.js';
import { post } from './harness/post.js';
import { WitnessedNode } from './harness/witnessed-node.js';

const message = { type: 'message', data: { text: 'hello' } };
const longCursor = `c1~${'x'.repeat(8 * 1024)}`;

let node: WitnessedNode;

beforeAll(async () => {
  node = await WitnessedNode.start();
});

afterAll(() => node?.stop());

afterEach(() => node.assertUntouched());

describe('POST /demo/notify refuses', () => {
  const to = { user: 'somebody' };
  const cases: [what: string, body: unknown, status: number, code: string][] = [
    ['an unknown type', { to, type: 'nonsense', data: {} }, 400, 'TYPE_UNKNOWN'],
    ['a type that Object has', { to, type: 'constructor', data: {} }, 400, 'TYPE_UNKNOWN'],
    ['data against the schema', { to, type: 'message', data: { text: 7 } }, 400, 'DATA_INVALID'],
    ['an unknown audience', { ...message, to: { everyone: true } }, 400, 'AUDIENCE_INVALID'],
    ['no audience', message, 400, 'AUDIENCE_INVALID'],
    ['a control character', { ...message, to: { user: 'a\nb' } }, 400, 'CHANNEL_INVALID'],
    ['a name of 201', { ...message, to: { user: 'x'.repeat(201) } }, 400, 'CHANNEL_INVALID'],
    [
      'a lone surrogate',
      '{"to":{"user":"\\ud800"},"type":"message","data":{"text":""}}',
      400,
      'CHANNEL_INVALID',
    ],
    ['text that is not JSON', '{"to":', 400, 'BODY_INVALID'],
    ['JSON that is no object', '7', 400, 'BODY_INVALID'],
    ['an oversize body', `{"x":"${'x'.repeat(2 * 1024 * 1024)}"}`, 413, 'BODY_TOO_LARGE'],
  ];

  it.each(cases)('%s', async (_what, body, status, code) => {
    const answer = await post(node.base, '/demo/notify', body);
    expect(answer).toMatchObject({ status, body: { code, message: expect.any(String) } });
  });

  it('oversize data', async () => {
    const data = { text: 'x'.repeat(65 * 1024) };
    const answer = await post(node.base, '/demo/notify', { to, type: 'message', data });
    expect(answer).toMatchObject({ status: 413, body: { code: 'DATA_TOO_LARGE' } });
  });
});

describe('the server refuses', () => {
  it('to publish by another method than POST', async () => {
    const response = await fetch(new URL('/demo/notify', node.base));
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it('to start with a remote broker and a memory store: STORE_NOT_SHARED', async () => {
    const settings = { BROKER: 'redis', STORE: 'memory', REDIS_URL: node.redis.url } as const;
    const start = startNode({ ...settings, NODE_ID: 'node-b', JWT_SECRET: node.secret });
    await expect(start).rejects.toThrow('STORE_NOT_SHARED');
  });
});

describe('the event stream refuses', () => {
  const stream = async (query: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(new URL(`/notifications/stream${query}`, node.base), {
      method,
      headers,
    });
    const body: unknown = JSON.parse(await response.text());
    return { status: response.status, allow: response.headers.get('allow'), body };
  };
  const bearer = () => ({ Authorization: `Bearer ${node.token}` });

  it('a request without token', async () => {
    expect(await stream('')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it.each(badTokens)('a token %s', async (_what, make) => {
    const headers = { Authorization: `Bearer ${await make(node.user, node.secret)}` };
    const refused = { status: 401, body: { code: 'UNAUTHENTICATED' } };
    expect(await stream('', headers)).toMatchObject(refused);
    expect(await stream(`?token=${await make(node.user, node.secret)}`)).toMatchObject(refused);
  });

  it('a foreign group', async () => {
    const answer = await stream(`?group=${node.group}&group=${node.foreignGroup}`, bearer());
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });

  it.each([
    ['malformed', 'c1~nonsense'],
    ['of another version', 'c9'],
    ['of 8 KB', longCursor],
  ])('a cursor %s', async (_what, cursor) => {
    const refused = { status: 400, body: { code: 'CURSOR_INVALID' } };
    expect(await stream(`?cursor=${cursor}`, bearer())).toMatchObject(refused);
    expect(await stream('', { ...bearer(), 'Last-Event-ID': cursor })).toMatchObject(refused);
  });

  it.each(['POST', 'PUT', 'DELETE'])('the method %s', async (method) => {
    const answer = await stream('', bearer(), method);
    expect(answer).toMatchObject({
      status: 405,
      allow: 'GET',
      body: { code: 'METHOD_NOT_ALLOWED' },
    });
  });
});
