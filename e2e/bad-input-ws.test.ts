import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { badTokens } from './harness/bad-tokens.js';
import { RawSocket, refusedUpgrade } from './harness/raw-socket.js';
import { WitnessedNode } from './harness/witnessed-node.js';
import { wsUrl } from './harness/ws-reader.js';

const longCursor = `c1~${'x'.repeat(8 * 1024)}`;

let node: WitnessedNode;

beforeAll(async () => {
  node = await WitnessedNode.start();
});

afterAll(() => node?.stop());

afterEach(() => node.assertUntouched());

describe('the WebSocket refuses', () => {
  const closeOf = async (
    frame: string | Buffer,
    query: Parameters<typeof wsUrl>[1] = { token: node.token },
  ) => {
    const socket = await RawSocket.open(wsUrl(node.base, query));
    if (query?.token !== undefined) await socket.frame('ready');
    socket.send(frame);
    return socket.closed();
  };

  it('a frame that is not JSON with 4400', async () => {
    expect(await closeOf('{"t":')).toBe(4400);
  });

  it('a frame of unknown kind, and one with a member too many, with 4400', async () => {
    expect(await closeOf('{"t":"nonsense"}')).toBe(4400);
    expect(await closeOf('{"t":"ping","more":1}')).toBe(4400);
  });

  it('a binary frame with 1003', async () => {
    expect(await closeOf(Buffer.from('{"t":"ping"}'))).toBe(1003);
  });

  it('a frame above 64 KiB with 1009', async () => {
    expect(await closeOf('x'.repeat(65 * 1024))).toBe(1009);
  });

  it('a frame before the hello with 4400', async () => {
    expect(await closeOf('{"t":"ping"}', {})).toBe(4400);
  });

  it('a hello without token with 4401', async () => {
    expect(await closeOf('{"t":"hello"}', {})).toBe(4401);
  });

  it.each(badTokens)(
    'a token %s with 4401 in the hello, with 401 in the query',
    async (_what, make) => {
      const bad = await make(node.user, node.secret);
      expect(await closeOf(JSON.stringify({ t: 'hello', token: bad }), {})).toBe(4401);
      expect(await refusedUpgrade(wsUrl(node.base, { token: bad }))).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHENTICATED' },
      });
    },
  );

  it('a foreign group with 4403 in the hello, with 403 in the query', async () => {
    const groups = [node.foreignGroup];
    expect(await closeOf(JSON.stringify({ t: 'hello', token: node.token, groups }), {})).toBe(4403);
    expect(await refusedUpgrade(wsUrl(node.base, { token: node.token, groups }))).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
  });

  it('to subscribe to a foreign group, and the stream goes on', async () => {
    const socket = await RawSocket.open(wsUrl(node.base, { token: node.token }));
    await socket.frame('ready');
    socket.send(JSON.stringify({ t: 'subscribe', ref: 7, group: node.foreignGroup }));
    expect(await socket.frame('error')).toMatchObject({ code: 'FORBIDDEN', ref: 7 });
    socket.send('{"t":"ping"}');
    await socket.frame('pong');
    socket.drop();
  });

  it.each([
    ['malformed', 'c1~nonsense'],
    ['of 8 KB', longCursor],
  ])('a cursor %s with 4400, in the query and in the hello', async (_what, cursor) => {
    const socket = await RawSocket.open(wsUrl(node.base, { token: node.token, cursor }));
    expect(await socket.closed()).toBe(4400);
    expect(await closeOf(JSON.stringify({ t: 'hello', token: node.token, cursor }), {})).toBe(4400);
  });

  it('an upgrade of an unknown path with 404, and ends its socket', async () => {
    expect(await refusedUpgrade(new URL('/nowhere', node.base))).toMatchObject({ status: 404 });
  });
});
