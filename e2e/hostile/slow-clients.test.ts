import { eventually } from '@realtime-notify/contract-kit';
import { memoryStore } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { clientFrame } from './harness/client-frame.js';
import { hostileServer } from './harness/hostile-server.js';
import { openWebSocket } from './harness/open-web-socket.js';
import type { RawClient } from './harness/raw-client.js';
import { publishBody, publishRequest, streamRequest, upgradeRequest } from './harness/requests.js';

const kib = 1024;

/** Sends a byte now and then until the other side has had enough; resolves with what it said. */
async function trickle(client: Pick<RawClient, 'write' | 'end' | 'ended'>, bytes: Uint8Array) {
  let sent = 0;
  const timer = setInterval(() => {
    // The last byte never comes.
    if (sent < bytes.length - 1) client.write(bytes.subarray(sent, sent + 1));
    sent += 1;
  }, 20);
  try {
    return await client.end();
  } finally {
    clearInterval(timer);
  }
}

test('H-slow-headers a request whose headers trickle is ended by the host, and has taken no place', async () => {
  const server = await hostileServer({
    http: { headersTimeout: 300, connectionsCheckingInterval: 50 },
  });
  const other = await bystander(server);
  const slow = await server.raw();
  const most: number[] = [];
  const watch = setInterval(() => most.push(server.notifier.connections.size), 10);
  const answer = await trickle(slow, Buffer.from(upgradeRequest('?token=u1').repeat(9)));
  clearInterval(watch);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(Math.max(...most)).toBe(2);
  await other.assertUntouched();
});

test('H-slow-hello a hello that trickles counts as none', async () => {
  const server = await hostileServer({ mount: { ws: { helloTimeoutMs: 200 } } });
  const other = await bystander(server);
  const slow = await openWebSocket(server);
  const hello = clientFrame(JSON.stringify({ t: 'hello', token: 'x'.repeat(5_000) }));
  let sent = 0;
  const timer = setInterval(() => slow.write(hello.subarray(sent, ++sent)), 20);
  expect(await slow.closeCode()).toBe(4408);
  clearInterval(timer);
  await eventually(() => expect(server.notifier.connections.size).toBe(2));
  await other.assertUntouched();
});

test('H-slow-body a body that trickles is answered 408, and its connection ended', async () => {
  const server = await hostileServer({ mount: { publish: { open: true, bodyTimeoutMs: 200 } } });
  const other = await bystander(server);
  const slow = await server.raw();
  const request = publishRequest(publishBody('bystander', 'x'.repeat(5_000)));
  const head = request.indexOf('\r\n\r\n') + 4;
  slow.write(request.subarray(0, head));
  expect(await trickle(slow, request.subarray(head))).toMatch(/^HTTP\/1\.1 408 .*BODY_TIMEOUT/s);
  await other.assertUntouched();
});

test('H-stalled-replay a client that stops reading while it catches up is cut, though a replay is not slowness', async () => {
  const server = await hostileServer({
    notifier: {
      store: memoryStore({ retention: { maxBytes: false } }),
      maxBufferedBytes: 64 * kib,
      ringBytes: kib,
    },
    mount: { sse: { heartbeatMs: 300 } },
  });
  const early = await server.stream('u1');
  const cursor = /^id: (.*)$/m.exec(early.text)?.[1] ?? '';
  early.cut();
  const other = await bystander(server);
  const text = 'x'.repeat(60 * kib);
  for (let n = 0; n < 300; n += 1) await server.say('u1', text);
  const stalled = await server.raw();
  stalled.pause();
  stalled.write(streamRequest('?token=u1', `Last-Event-ID: ${cursor}\r\n`));
  await eventually(() => expect(server.reached('stalled')).toBe(1));
  await eventually(() => expect(server.notifier.connections.size).toBe(2));
  expect(server.reached('bufferedBytes')).toBe(0);
  await other.assertUntouched();
});

test('H-bye-not-taken a stream that has ended does not keep its connection for a client that takes nothing', async () => {
  const server = await hostileServer({
    notifier: { maxBufferedBytes: 100_000 * kib },
    mount: { sse: { heartbeatMs: 300 } },
  });
  const other = await bystander(server);
  const stuck = await server.stream('u1');
  stuck.pause();
  const [emitter] = server.notifier.emitters.ofUser('u1');
  const message = { to: { user: 'u1' }, type: 'message', data: { text: 'x'.repeat(kib) } } as const;
  // So little that nothing has to drain.
  while (emitter !== undefined && emitter.bufferedBytes === 0) {
    await server.notifier.notify({ ...message, durable: false });
    emitter.flush();
  }
  expect(emitter?.bufferedBytes).toBeLessThan(16 * kib);
  emitter?.close({ code: 'MAX_AGE', returnMs: 0 });
  await eventually(() => expect(server.notifier.connections.size).toBe(2));
  expect(server.reached('stalled')).toBe(1);
  await other.assertUntouched();
});
