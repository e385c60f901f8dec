import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
import { eventually } from '@realtime-notify/contract-kit';
import { CompactSign } from 'jose';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { clientFrame } from './harness/client-frame.js';
import { expressServer } from './harness/express-server.js';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { openWebSocket } from './harness/open-web-socket.js';
import { publishRequest } from './harness/requests.js';

const levels = 100_000;
const deepArray = '['.repeat(levels) + ']'.repeat(levels);
const deepObject = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const secret = Buffer.from('a secret of at least thirty-two bytes');

/** Room for what would otherwise be refused for its size. */
const roomy = {
  publish: { open: true, maxBodyBytes: 4_000_000 },
  ws: { maxPayloadBytes: 4_000_000, maxHelloBytes: 4_000_000 },
};

async function publish(server: Pick<HostileServer, 'raw'>, body: string): Promise<string | number> {
  const client = await server.raw();
  client.write(publishRequest(body));
  await client.sees(/\r\n\r\n.*\}/s);
  return /"code":"(\w+)"/.exec(client.text)?.[1] ?? client.statuses[0] ?? 0;
}

/** A token with this payload and a right signature. */
function signed(payload: string): Promise<string> {
  return new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'HS256' }).sign(secret);
}

const byJwt = { access: { authenticate: jwtAuthenticator({ secret }) } };

test.each([
  ['arrays', deepArray],
  ['objects', deepObject],
])('H-deep-json 100,000 levels of %s are refused at every entrance', async (_, deep) => {
  const server = await hostileServer({ mount: roomy });
  const other = await bystander(server);
  const around = (data: string) => `{"to":{"user":"u1"},"type":"anything","data":${data}}`;
  for (const body of [deep, around(deep), `{"to":${deep},"type":"anything"}`]) {
    expect(await publish(server, body)).toBe('BODY_INVALID');
  }
  for (const frame of [deep, `{"t":"hello","token":"u1","groups":${deep}}`, `{"t":${deep}}`]) {
    const hello = await openWebSocket(server);
    hello.write(clientFrame(frame));
    expect(await hello.closeCode()).toBe(4400);
  }
  for (const frame of [deep, `{"t":"subscribe","ref":${deep},"group":"g1"}`]) {
    const open = await openWebSocket(server, '?token=u1');
    open.write(clientFrame(frame));
    expect(await open.closeCode()).toBe(4400);
  }
  await other.assertUntouched();
});

test('H-deep-json a token whose payload is 100,000 levels deep is a bad token', async () => {
  const server = await hostileServer({ mount: { ...roomy, ...byJwt } });
  const exp = Math.floor(Date.now() / 1_000) + 600;
  for (const payload of [deepArray, `{"sub":"u1","exp":${exp},"groups":${deepArray}}`]) {
    const hello = server.webSocket('', { t: 'hello', token: await signed(payload) });
    await eventually(() => expect(hello.closeCode).toBe(4401));
  }
});

test('H-deep-json and behind the body parser of Express', async () => {
  const server = await expressServer();
  const data = `{"to":{"user":"u1"},"type":"anything","data":${deepArray}}`;
  expect(await publish(server, data)).toBe('BODY_INVALID');
  expect(await publish(server, '{"to":{"user":"u1"},"type":"anything","data":[[1]]}')).toBe(202);
});

const polluting = [
  '"__proto__":{"polluted":true}',
  '"constructor":{"prototype":{"polluted":true}}',
];

test.each(polluting)('H-proto-keys %s changes nothing at any entrance', async (member) => {
  const server = await hostileServer();
  const other = await bystander(server);
  const reader = await server.stream('u1');
  const message = '"type":"message","data":{"text":"x"}';
  expect(await publish(server, `{"to":{"user":"u1"},${message},${member}}`)).toBe('BODY_INVALID');
  expect(await publish(server, `{"to":{"user":"u1",${member}},${message}}`)).toBe(
    'AUDIENCE_INVALID',
  );
  expect(await publish(server, `{"to":{${member}},${message}}`)).toBe('AUDIENCE_INVALID');
  expect(
    await publish(server, `{"to":{"user":"u1"},"type":"message","data":{"text":"kept",${member}}}`),
  ).toBe(202);
  await reader.sees('"data":{"text":"kept"}');
  for (const frame of [
    `{"t":"ping",${member}}`,
    `{"t":"subscribe","ref":1,"group":"g",${member}}`,
  ]) {
    const open = await openWebSocket(server, '?token=u1');
    open.write(clientFrame(frame));
    expect(await open.closeCode()).toBe(4400);
  }
  const hello = await openWebSocket(server);
  hello.write(clientFrame(`{"t":"hello","token":"u1",${member}}`));
  expect(await hello.closeCode()).toBe(4400);
  expect(Object.prototype).not.toHaveProperty('polluted');
  await other.assertUntouched();
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'H-proto-keys %s is a name like any other',
  async (name) => {
    const server = await hostileServer();
    const reader = await server.stream(name);
    expect(await publish(server, `{"to":{"user":"u1"},"type":"${name}","data":{}}`)).toBe(
      'TYPE_UNKNOWN',
    );
    expect(
      await publish(server, `{"to":{"user":"${name}"},"type":"message","data":{"text":"hers"}}`),
    ).toBe(202);
    await reader.sees('"hers"');
    const joined = server.webSocket(`?token=u1&group=${name}`);
    await eventually(() => expect(joined.readies).toHaveLength(1));
    expect(Object.keys(joined.readies[0]?.channels ?? {})).toContain(`group:${name}`);
  },
);

test('H-proto-keys what a token says of its prototype gives no rights', async () => {
  const server = await hostileServer({ mount: byJwt });
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const token = await signed(`{"sub":"u1","exp":${exp},"__proto__":{"groups":["secret"]}}`);
  const hello = server.webSocket('', { t: 'hello', token, groups: ['secret'] });
  await eventually(() => expect(hello.closeCode).toBe(4403));
});
