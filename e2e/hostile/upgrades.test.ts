import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { hostileServer } from './harness/hostile-server.js';
import { healthRequest, streamRequest, upgradeRequest, usualUpgrade } from './harness/requests.js';

const ws = '/notifications/ws?token=u1';
const upgrade = (line: string, headers = usualUpgrade) => `${line}\r\nHost: h\r\n${headers}\r\n`;
const instead = (from: string | RegExp, to: string) =>
  upgrade(`GET ${ws} HTTP/1.1`, usualUpgrade.replace(from, to));

/** Statuses of all that is answered before the connection ends; none: it is ended without a word. */
const odd: readonly [what: string, request: string, statuses: readonly number[]][] = [
  ['an upgrade to h2c', instead('websocket', 'h2c'), [400]],
  ['an upgrade to one of two', instead('websocket', 'websocket, h2c'), [400]],
  [
    'two Upgrade headers',
    instead('Upgrade: websocket', 'Upgrade: websocket\r\nUpgrade: h2c'),
    [400],
  ],
  ['no key', instead(/Sec-WebSocket-Key.*\r\n/, ''), [400]],
  ['a key that is too short', instead(/Key: .*\r\n/, 'Key: c2hvcnQ=\r\n'), [400]],
  ['two keys', instead(/(Sec-WebSocket-Key.*\r\n)/, '$1$1'), [400]],
  ['version 12', instead('Version: 13', 'Version: 12'), [400]],
  ['no version', instead('Sec-WebSocket-Version: 13\r\n', ''), [400]],
  [
    'a list of subprotocols that is none',
    upgradeRequest('?token=u1', `${usualUpgrade}Sec-WebSocket-Protocol: ,,\r\n`),
    [400],
  ],
  ['an upgrade by POST', upgrade(`POST ${ws} HTTP/1.1`), [405]],
  ['an upgrade of the event stream', upgrade('GET /notifications/stream?token=u1 HTTP/1.1'), [404]],
  [
    'an upgrade of h2c elsewhere',
    upgrade('GET /healthz HTTP/1.1', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'),
    [404],
  ],
  ['a slash too many', upgrade('GET /notifications/ws//?token=u1 HTTP/1.1'), [404]],
  ['another path in the absolute form', upgrade('GET http://h/elsewhere HTTP/1.1'), [404]],
  ['CONNECT', upgrade('CONNECT h:80 HTTP/1.1', ''), []],
];

test.each(odd)('H-odd-upgrade %s', async (_, request, statuses) => {
  const server = await hostileServer();
  const other = await bystander(server);
  const client = await server.raw();
  client.write(request);
  await client.end();
  expect(client.statuses).toEqual(statuses);
  await other.assertUntouched();
  await server.assertServes(2);
});

test.each([
  ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n', 404],
  [
    'a WebSocket without Connection: Upgrade',
    upgradeRequest('?token=u1', usualUpgrade.replace('Connection: Upgrade\r\n', '')),
    404,
  ],
  ['another path', 'GET http://h/elsewhere HTTP/1.1\r\nHost: h\r\n\r\n', 404],
])("H-odd-upgrade %s is the host's own affair", async (_, request, status) => {
  const server = await hostileServer();
  const client = await server.raw();
  client.write(request);
  await client.sees('nothing here');
  expect(client.statuses).toEqual([status]);
  await server.assertServes();
});

test('H-odd-upgrade requests and upgrades are compared alike: in absolute form, with a slash at the end', async () => {
  const server = await hostileServer();
  const at = async (target: string, headers: string, text: string) => {
    const client = await server.raw();
    client.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n${headers}\r\n`);
    await client.sees(text);
    client.cut();
  };
  for (const origin of ['', 'http://h']) {
    for (const slash of ['', '/']) {
      await at(`${origin}/notifications/ws${slash}?token=u1`, usualUpgrade, '"t":"ready"');
      await at(`${origin}/notifications/stream${slash}?token=u1`, '', 'event: ready');
      await at(`${origin}/healthz${slash}`, '', '200 OK');
    }
  }
  await server.assertServes();
});

test('H-pipelined-stream a stream behind an unanswered request ends the connection, and leaves nothing behind', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  const client = await server.raw();
  client.write(streamRequest('?token=u1').repeat(20));
  await client.end();
  expect(client.statuses.length).toBeLessThanOrEqual(1);
  await other.assertUntouched();
  await server.assertServes(2);
});

test('H-behind-stream what is asked for behind a stream is not answered into it', async () => {
  const server = await hostileServer();
  const client = await server.raw();
  client.write(streamRequest('?token=u1') + healthRequest);
  await client.sees('event: ready');
  await server.say('u1', 'first');
  await client.sees('"first"');
  client.write(healthRequest);
  await server.say('u1', 'second');
  await client.sees('"second"');
  for (const emitter of server.notifier.emitters.ofUser('u1')) {
    emitter.close({ code: 'MAX_AGE', returnMs: 0 });
  }
  const text = await client.end();
  expect(client.statuses).toEqual([200]);
  expect(text.trimEnd().split('\n').at(-1)).toBe('data: {"code":"MAX_AGE","returnMs":0}');
  await server.assertServes();
});

test.each([
  ['a stream', streamRequest('?token=u1')],
  ['a look back', 'GET /notifications?token=u1 HTTP/1.1\r\nHost: h\r\n\r\n'],
])(
  'H-upgrade-behind-answer an upgrade behind %s does not mix with its answer',
  async (_, request) => {
    const server = await hostileServer();
    const other = await bystander(server);
    for (const target of [
      upgradeRequest('?token=u1'),
      upgradeRequest().replace('/ws', '/elsewhere'),
    ]) {
      const client = await server.raw();
      client.write(request + target);
      await client.end();
      expect(client.statuses).not.toContain(101);
      expect(client.statuses).not.toContain(404);
    }
    await other.assertUntouched();
    await server.assertServes(2);
  },
);

test('H-behind-upgrade bytes behind an upgrade are frames, never a request', async () => {
  const server = await hostileServer();
  const client = await server.raw();
  client.write(upgradeRequest('?token=u1') + healthRequest);
  await client.sees('\u0003\u00ea');
  await client.finish();
  expect(client.statuses).toEqual([101]);
  await server.assertServes();
});
