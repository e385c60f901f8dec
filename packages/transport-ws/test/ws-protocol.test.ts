import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { eventually } from '@realtime-notify/contract-kit';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { attachWebSockets, type WsOptions } from '../src/index.js';
import { WsClient } from './ws-client.js';

const catalogue = defineCatalogue({ note: z.object({ text: z.string() }) });
let notifier = createNotifier({ catalogue });
let server = http.createServer();
let port = 0;
const clients: WsClient[] = [];

async function serve(options: Partial<WsOptions> = {}): Promise<void> {
  attachWebSockets(notifier, server, {
    path: '/ws',
    authenticate: ({ query, token }) => {
      const user = token ?? query.get('token');
      return user === null ? null : { userId: user, groups: ['g1', 'g2'] };
    },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
}

async function client(query: string, hello?: unknown): Promise<WsClient> {
  const made = new WsClient(`ws://127.0.0.1:${port}/ws${query}`, hello);
  clients.push(made);
  await eventually(() => expect(made.webSocket.readyState).toBe(made.webSocket.OPEN));
  return made;
}

async function readyClient(): Promise<WsClient> {
  const made = await client('?token=u1');
  await eventually(() => expect(made.readies).toHaveLength(1));
  return made;
}

beforeEach(async () => {
  notifier = createNotifier({ catalogue });
  server = http.createServer((_, response) => response.end('host'));
  await notifier.start();
});

afterEach(async () => {
  for (const each of clients.splice(0)) each.cut();
  await notifier.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ['not JSON', 'what?', 4400],
  ['an unknown frame', '{"t":"steal"}', 4400],
  ['a second hello', '{"t":"hello"}', 4400],
  ['a binary frame', Buffer.from('{"t":"ping"}'), 1003],
  ['more than 64 KiB', 'x'.repeat(70_000), 1009],
])('%s ends the connection with its code; others go on', async (_, frame, code) => {
  await serve();
  const [bad, good] = [await readyClient(), await readyClient()];
  bad.webSocket.send(frame);
  await eventually(() => expect(bad.closeCode).toBe(code));
  await notifier.notify({ to: { user: 'u1' }, type: 'note', data: { text: 'on' } });
  await eventually(() => expect(good.notifications).toHaveLength(1));
});

test('who is silent is closed with 4408', async () => {
  await serve({ helloTimeoutMs: 100 });
  const silent = await client('');
  await eventually(() => expect(silent.closeCode).toBe(4408));
});

test('the first frame is a hello of at most 8 KiB', async () => {
  await serve();
  for (const hello of [{ t: 'ping' }, { t: 'hello', token: 'x'.repeat(9_000) }]) {
    const eager = new WsClient(`ws://127.0.0.1:${port}/ws`, hello);
    clients.push(eager);
    await eventually(() => expect(eager.closeCode).toBe(4400));
  }
});

test('groups are joined and left on a live stream, with ref, start and errors', async () => {
  await serve();
  const joined = await readyClient();
  const tell = (group: string, text: string) =>
    notifier.notify({ to: { group }, type: 'note', data: { text } });
  await tell('g1', 'before');
  joined.send({ t: 'subscribe', ref: 'a', group: 'g1' });
  await eventually(() =>
    expect(joined.frames.at(-1)).toMatchObject({
      t: 'subscribed',
      ref: 'a',
      channel: 'group:g1',
      offset: 1,
      recovered: true,
    }),
  );
  await tell('g1', 'within');
  await eventually(() => expect(joined.notifications).toHaveLength(1));
  const { cursor } = joined;
  joined.send({ t: 'unsubscribe', ref: 'b', group: 'g1' });
  await eventually(() => expect(joined.frames.at(-1)).toEqual({ t: 'unsubscribed', ref: 'b' }));
  await tell('g1', 'missed');
  joined.send({ t: 'subscribe', ref: 'c', group: 'g1', cursor });
  await eventually(() => expect(joined.notifications).toHaveLength(2));
  expect(joined.notifications.map(({ data }) => data)).toEqual([
    { text: 'within' },
    { text: 'missed' },
  ]);
  for (const [frame, code] of [
    [{ t: 'subscribe', ref: 1, group: 'foreign' }, 'FORBIDDEN'],
    [{ t: 'subscribe', ref: 2, group: 'g2', cursor: 'nonsense' }, 'CURSOR_INVALID'],
  ] as const) {
    joined.send(frame);
    await eventually(() =>
      expect(joined.frames.at(-1)).toMatchObject({ t: 'error', code, ref: frame.ref }),
    );
  }
  expect(joined.ended).toBe(false);
});

test('a ping frame is answered', async () => {
  await serve();
  const pinging = await readyClient();
  pinging.send({ t: 'ping' });
  await eventually(() => expect(pinging.frames.at(-1)).toEqual({ t: 'pong' }));
});

test('a ping of the WebSocket protocol is answered with what it carries', async () => {
  await serve();
  const pinging = await readyClient();
  const pongs: string[] = [];
  pinging.webSocket.on('pong', (data) => pongs.push(data.toString()));
  pinging.webSocket.ping('one');
  pinging.webSocket.ping('');
  await eventually(() => expect(pongs).toEqual(['one', '']));
});

test('who does not answer pings is cut, who answers stays', async () => {
  await serve({ heartbeatMs: 200 });
  const [dead, alive] = [await readyClient(), await readyClient()];
  dead.pause();
  await eventually(() => expect(notifier.emitters.size).toBe(1));
  expect(alive.ended).toBe(false);
});

test('who sends frames without reading the answers is cut', async () => {
  await serve({ maxReplyBacklogBytes: 64 * 1024 });
  const [flooding, other] = [await readyClient(), await readyClient()];
  flooding.pause();
  const frame = JSON.stringify({ t: 'subscribe', ref: 'r'.repeat(100), group: 'f'.repeat(200) });
  await eventually(() => {
    // One by one, so that the queue's limit is not what ends it.
    flooding.webSocket.send(frame);
    for (let n = 0; n < 5_000; n += 1) flooding.send({ t: 'ping' });
    expect(notifier.emitters.size).toBe(1);
  });
  expect(other.ended).toBe(false);
});

/** The first line of the answer to a raw upgrade request, and whether the socket was ended. */
function upgrade(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
    socket.on('error', reject);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
  });
}

test('an upgrade that nobody takes is answered 404 and destroyed', async () => {
  await serve();
  expect(await upgrade('/elsewhere')).toBe('HTTP/1.1 404 Not Found');
});

test("the host's own upgrades are left to the host", async () => {
  const own = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/own') own.handleUpgrade(request, socket, head, (ws) => ws.close(4999));
  });
  await serve();
  const theirs = new WsClient(`ws://127.0.0.1:${port}/own`);
  await eventually(() => expect(theirs.closeCode).toBe(4999));
});

test('two paths of ours on one server: each is served, a third is answered 404', async () => {
  attachWebSockets(notifier, server, { path: '/second', anonymous: true });
  await serve();
  const second = new WsClient(`ws://127.0.0.1:${port}/second`);
  clients.push(second);
  await eventually(() => expect(second.readies).toMatchObject([{ user: null }]));
  await readyClient();
  expect(await upgrade('/third')).toBe('HTTP/1.1 404 Not Found');
});

test('after close nothing of ours is left on the server', async () => {
  await serve();
  expect(server.listenerCount('upgrade')).toBe(1);
  await notifier.close();
  expect(server.listenerCount('upgrade')).toBe(0);
});
