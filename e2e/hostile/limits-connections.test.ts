import type { IncomingMessage } from 'node:http';
import { eventually } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { access, type HostileServer, hostileServer } from './harness/hostile-server.js';
import { streamRequest, upgradeRequest, usualUpgrade } from './harness/requests.js';

/** What a new event stream of a user is answered; `headers` end in a line break. */
async function askSse(server: HostileServer, query: string, headers = '') {
  const client = await server.raw();
  client.write(streamRequest(query, headers));
  await client.sees(/\r\n\r\n.*[\n}]/s);
  return client;
}

/** What an upgrade is answered. */
async function askWs(server: HostileServer, query: string, headers = '') {
  const client = await server.raw();
  client.write(upgradeRequest(query, `${usualUpgrade}${headers}`));
  await client.sees('\r\n\r\n');
  return client;
}

const addressOf = (request: IncomingMessage) => String(request.headers['x-address']);
const behindProxy = { clientIp: addressOf };
const from = (address: string) => `X-Address: ${address}\r\n`;
const bye = /retry: \d+\nevent: bye\ndata: \{"code":"UNAVAILABLE","returnMs":\d{4,}\}/;

test('L-connectionsPerNode a full node tells new clients when to come back, and takes them once there is room', async () => {
  const server = await hostileServer({ notifier: { maxConnections: 3 } });
  const other = await bystander(server);
  const last = await server.stream('u1');
  const sse = await askSse(server, '?token=u1');
  await sse.end();
  expect(sse.statuses).toEqual([200]);
  expect(sse.text).toMatch(bye);
  const ws = await askWs(server, '?token=u1');
  await ws.end();
  expect(ws.statuses).toEqual([503]);
  expect(Number(ws.header('Retry-After'))).toBeGreaterThanOrEqual(1);
  expect(ws.text).toContain('"code":"OVERLOADED"');
  expect(server.reached('connectionsPerNode')).toBe(2);
  await other.assertUntouched();
  last.cut();
  await eventually(() => expect(server.notifier.connections.size).toBe(2));
  await server.stream('u1');
});

test('L-connectRate too many at once are told to come back later', async () => {
  const server = await hostileServer({ notifier: { maxConnectsPerSecond: 1 } });
  const other = await bystander(server);
  const sse = await Promise.all(Array.from({ length: 25 }, () => askSse(server, '?token=u1')));
  const ws = await Promise.all(Array.from({ length: 25 }, () => askWs(server, '?token=u1')));
  const lateSse = sse.filter(({ text }) => !text.includes('event: ready'));
  const lateWs = ws.filter(({ statuses }) => !statuses.includes(101));
  expect(server.reached('connectRate')).toBe(lateSse.length + lateWs.length);
  for (const late of lateSse) expect(late.text).toMatch(bye);
  for (const late of lateWs)
    expect([late.statuses, late.header('Retry-After')]).toEqual([[503], expect.any(String)]);
  expect(lateSse.length).toBeGreaterThan(0);
  expect(lateWs.length).toBeGreaterThan(0);
  await other.assertUntouched();
});

test('L-connectRatePerIp one address that hurries keeps no other address out', async () => {
  const server = await hostileServer({
    notifier: { maxConnectsPerSecondPerIp: 1 },
    mount: behindProxy,
  });
  const hurry = Array.from({ length: 25 }, () => askSse(server, '?token=u1', from('192.0.2.1')));
  const hurried = await Promise.all(hurry);
  const late = hurried.filter(({ text }) => !text.includes('event: ready'));
  expect(late.length).toBeGreaterThan(0);
  expect(server.reached('connectRatePerIp')).toBe(late.length);
  for (const each of late) expect(each.text).toMatch(bye);
  expect((await askWs(server, '?token=u1', from('192.0.2.1'))).statuses).toEqual([503]);
  expect((await askWs(server, '?token=u1', from('192.0.2.2'))).statuses).toEqual([101]);
});

test('L-connectionsPerIp one address has its share of places, an IPv6 one with its whole /64', async () => {
  const server = await hostileServer({ notifier: { maxConnectionsPerIp: 1 }, mount: behindProxy });
  const first = await askSse(server, '?token=u1', from('2001:db8::1'));
  await first.sees('event: ready');
  for (const ask of [askSse, askWs]) {
    const second = await ask(server, '?token=u2', from('2001:db8::2'));
    expect(second.statuses).toEqual([429]);
    expect(Number(second.header('Retry-After'))).toBeGreaterThanOrEqual(1);
    expect(second.text).toContain('"code":"LIMIT_EXCEEDED"');
  }
  expect(server.reached('connectionsPerIp')).toBe(2);
  expect((await askWs(server, '?token=u3', from('2001:db8:0:1::1'))).statuses).toEqual([101]);
  await server.say('u1', 'on');
  await first.sees('"on"');
  first.cut();
  await eventually(async () => {
    expect((await askWs(server, '?token=u2', from('2001:db8::2'))).statuses).toEqual([101]);
  });
});

test('L-connectionsPerUser a user has its share of streams', async () => {
  const server = await hostileServer({ notifier: { maxConnectionsPerUser: 1 } });
  const first = await server.stream('u1');
  const sse = await askSse(server, '?token=u1');
  expect([sse.statuses, sse.header('Retry-After')]).toEqual([[429], '5']);
  const byQuery = server.webSocket('?token=u1');
  const byHello = server.webSocket('', { t: 'hello', token: 'u1' });
  for (const each of [byQuery, byHello]) {
    await eventually(() => expect(each.closeCode).toBe(4429));
    expect(each.bye).toEqual({ code: 'LIMIT_EXCEEDED', returnMs: expect.any(Number) });
  }
  expect(server.reached('connectionsPerUser')).toBe(3);
  await server.say('u1', 'on');
  await first.sees('"on"');
  await server.stream('u2');
});

test('L-groupsPerRequest more groups than may be asked for are refused before anybody is asked about them', async () => {
  const asked: string[] = [];
  const authorize = (_: unknown, group: string) => {
    asked.push(group);
    return true;
  };
  const server = await hostileServer({
    mount: { access: { ...access, authorize }, sse: { maxGroups: 1 }, ws: { maxGroups: 1 } },
  });
  const other = await bystander(server);
  const query = '?token=u1&group=a&group=b';
  for (const ask of [askSse, askWs]) {
    const refused = await ask(server, query);
    expect([refused.statuses, refused.header('Retry-After')]).toEqual([[429], '5']);
  }
  const hello = server.webSocket('', { t: 'hello', token: 'u1', groups: ['a', 'b'] });
  await eventually(() => expect(hello.closeCode).toBe(4429));
  const groups = Array.from({ length: 31 }, (_, n) => `&group=g${n}`).join('');
  const look = await fetch(`http://127.0.0.1:${server.port}/notifications?token=u1${groups}`);
  expect([look.status, look.headers.get('retry-after')]).toEqual([429, '5']);
  expect(server.reached('groupsPerRequest')).toBe(4);
  expect(asked).toEqual([]);
  await other.assertUntouched();
});

test('L-channelsPerStream a stream follows so many channels, however they are asked for', async () => {
  const server = await hostileServer({ notifier: { maxChannelsPerEmitter: 3 } });
  const other = await bystander(server);
  const sse = await askSse(server, '?token=u1&group=a&group=b');
  expect([sse.statuses, sse.header('Retry-After')]).toEqual([[429], '5']);
  const hello = server.webSocket('', { t: 'hello', token: 'u1', groups: ['a', 'b'] });
  await eventually(() => expect(hello.closeCode).toBe(4429));
  expect(hello.bye?.returnMs).toBeGreaterThanOrEqual(1_000);
  const ws = server.webSocket('?token=u1&group=a');
  await eventually(() => expect(ws.readies).toHaveLength(1));
  ws.send({ t: 'subscribe', ref: 1, group: 'b' });
  await eventually(() =>
    expect(ws.frames.at(-1)).toMatchObject({ t: 'error', code: 'LIMIT_EXCEEDED', ref: 1 }),
  );
  expect(server.reached('channelsPerStream')).toBe(3);
  await server.say('u1', 'on');
  await eventually(() => expect(ws.notifications).toHaveLength(1));
  await other.assertUntouched();
});
