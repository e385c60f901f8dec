import { memoryStore } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { ObservedStore } from '../../packages/core/src/test-doubles/observed-store.js';
import { RecordingBroker } from '../../packages/core/src/test-doubles/recording-broker.js';
import { bystander } from './harness/bystander.js';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { healthRequest, publishBody, publishRequest } from './harness/requests.js';

/** Status and code of what a publish request is answered. */
async function publish(server: HostileServer, request: string | Uint8Array) {
  const client = await server.raw();
  client.write(request);
  await client.sees(/\r\n\r\n.*\}/s);
  const code = /"code":"(\w+)"/.exec(client.text)?.[1];
  return { status: client.statuses[0], code, client };
}

const chunked = (body: string) =>
  'POST /notifications/publish HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n' +
  `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

test('L-bodyBytes a body over the limit is answered 413, with its length told or not, before all of it has come', async () => {
  const server = await hostileServer({ mount: { publish: { open: true, maxBodyBytes: 200 } } });
  const other = await bystander(server);
  const body = publishBody('bystander', 'x'.repeat(200));
  const told = publishRequest(body);
  const untold = chunked(body);
  // What is too much already is not read to its end.
  const unfinished = [
    told.subarray(0, told.indexOf('{')),
    untold.slice(0, untold.lastIndexOf('0')),
  ];
  for (const request of [told, untold, ...unfinished]) {
    expect(await publish(server, request)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
  }
  expect(server.reached('bodyBytes')).toBe(4);
  expect(await publish(server, publishRequest(publishBody('u1', 'x')))).toMatchObject({
    status: 202,
  });
  await other.assertUntouched();
});

test('L-bodyTime a body that does not arrive in time is answered 408 and its connection ended', async () => {
  const server = await hostileServer({ mount: { publish: { open: true, bodyTimeoutMs: 200 } } });
  const other = await bystander(server);
  const request = publishRequest(publishBody('bystander', 'late'));
  const late = await publish(server, request.subarray(0, -1));
  expect(late).toMatchObject({ status: 408, code: 'BODY_TIMEOUT' });
  expect(late.client.header('Connection')).toBe('close');
  await late.client.end();
  expect(server.reached('bodyTime')).toBe(1);
  await other.assertUntouched();
});

test('L-bodyTime a client that was refused may send the rest of its body, for so long', async () => {
  const request = publishRequest(publishBody('bystander', 'x'.repeat(200)));
  const patient = await hostileServer({ mount: { publish: { open: true, maxBodyBytes: 200 } } });
  const polite = await publish(patient, request.subarray(0, -1));
  polite.client.write(request.subarray(-1));
  polite.client.write(healthRequest);
  await polite.client.sees('200 OK');
  expect(polite.client.statuses).toEqual([413, 200]);
  const server = await hostileServer({
    mount: { publish: { open: true, maxBodyBytes: 200, bodyTimeoutMs: 200 } },
  });
  const other = await bystander(server);
  for (const unfinished of [request.subarray(0, -1), chunked('x'.repeat(300)).slice(0, -5)]) {
    const endless = await publish(server, unfinished);
    expect(endless.status).toBe(413);
    await endless.client.end();
  }
  expect(server.reached('bodyTime')).toBe(2);
  await other.assertUntouched();
});

test('L-dataBytes data over the limit is answered 413 and sent to nobody', async () => {
  const server = await hostileServer({ notifier: { maxDataBytes: 100 } });
  const other = await bystander(server);
  const large = publishRequest(publishBody('bystander', 'x'.repeat(100)));
  expect(await publish(server, large)).toMatchObject({ status: 413, code: 'DATA_TOO_LARGE' });
  expect(server.reached('dataBytes')).toBe(1);
  await other.assertUntouched();
});

test('L-users an audience of too many users is answered 400 and sent to nobody', async () => {
  const server = await hostileServer({ notifier: { maxUsers: 2 } });
  const other = await bystander(server);
  const to = (...users: readonly string[]) =>
    publishRequest(JSON.stringify({ to: { users }, type: 'message', data: { text: 'x' } }));
  const refused = await publish(server, to('bystander', 'u1', 'u2'));
  expect(refused).toMatchObject({ status: 400, code: 'AUDIENCE_INVALID' });
  expect(server.reached('users')).toBe(1);
  expect(await publish(server, to('u1', 'u2'))).toMatchObject({ status: 202 });
  await other.assertUntouched();
});

test.each([
  ['number', { maxQueuedEnvelopes: 1 }],
  ['bytes', { maxQueuedEnvelopeBytes: 30 }],
])(
  'L-publishQueue with %s beyond the limit notify says that the broker was not told, and this node shows it all the same',
  async (_, limit) => {
    const broker = new RecordingBroker();
    broker.before.set('publish', () => new Promise(() => {}));
    const server = await hostileServer({ notifier: { broker, publishWaitMs: 50, ...limit } });
    const reader = await server.stream('u1');
    const results = await Promise.all(
      ['one', 'two', 'three'].map((text) => server.say('u1', text)),
    );
    expect(results).toMatchObject(
      Array.from({ length: 3 }, () => ({ stored: true, published: false })),
    );
    expect(server.reached('publishQueue')).toBeGreaterThan(0);
    for (const text of ['one', 'two', 'three']) await reader.sees(`"${text}"`);
  },
);

test.each([
  ['number', { maxEnqueued: 1 }],
  ['bytes', { maxEnqueuedBytes: 250 }],
])(
  'L-enqueued with %s beyond the limit enqueue throws, and takes on again what comes later',
  async (_, limit) => {
    const server = await hostileServer({ notifier: { store: memoryStore(), ...limit } });
    const other = await bystander(server);
    const enqueue = (text: string) =>
      server.notifier.enqueue({ to: { user: 'u1' }, type: 'message', data: { text } });
    const reader = await server.stream('u1');
    enqueue('first');
    expect(() => enqueue('second')).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(server.reached('enqueued')).toBe(1);
    await reader.sees('"first"');
    enqueue('third');
    await reader.sees('"third"');
    expect(reader.text).not.toContain('second');
    await other.assertUntouched();
  },
);

test.each([
  ['number', { maxUnstored: 1 }],
  ['bytes', { maxUnstoredBytes: 250 }],
])(
  'L-unstored with %s beyond the limit publishing is answered 429 while the store is down, and what was taken is stored',
  async (_, limit) => {
    const store = new ObservedStore(memoryStore());
    const notifier = { store, whenStoreDown: 'buffer' as const, ...limit };
    const server = await hostileServer({ notifier });
    const other = await bystander(server);
    const reader = await server.stream('u1');
    store.fail('append', 'positions');
    const send = (text: string) => publish(server, publishRequest(publishBody('u1', text)));
    expect(await send('first')).toMatchObject({ status: 202 });
    const refused = await send('second');
    expect(refused).toMatchObject({ status: 429, code: 'LIMIT_EXCEEDED' });
    expect(refused.client.text).toMatch(/^Retry-After: \d+\r$/im);
    expect(server.reached('unstored')).toBe(1);
    store.recover();
    await reader.sees('"first"');
    expect(await send('third')).toMatchObject({ status: 202 });
    await reader.sees('"third"');
    expect(reader.text).not.toContain('second');
    await other.assertUntouched();
  },
);
