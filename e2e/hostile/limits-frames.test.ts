import { eventually } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { clientFrame, opcodes } from './harness/client-frame.js';
import { access, hostileServer } from './harness/hostile-server.js';
import { openWebSocket } from './harness/open-web-socket.js';

const ping = '{"t":"ping"}';

test.each([
  ['frames', clientFrame(ping)],
  ['protocol pings', clientFrame('', { opcode: opcodes.ping })],
  ['protocol pongs', clientFrame('', { opcode: opcodes.pong })],
])(
  'L-framesPerSecond too many %s close the connection with 4429 and a time to return',
  async (_, frame) => {
    const server = await hostileServer({ mount: { ws: { maxFramesPerSecond: 1 } } });
    const other = await bystander(server);
    const flooding = await openWebSocket(server, '?token=u1');
    flooding.write(Buffer.concat(Array.from({ length: 100 }, () => frame)));
    expect(await flooding.closeCode()).toBe(4429);
    expect(flooding.text).toMatch(/\{"t":"bye","code":"LIMIT_EXCEEDED","returnMs":\d{4}\}/);
    expect(server.reached('framesPerSecond')).toBe(1);
    await other.assertUntouched();
  },
);

test('L-framesWaiting frames that pile up behind a slow answer close the connection with 4429', async () => {
  const authorize = () => new Promise<boolean>(() => {});
  const server = await hostileServer({
    mount: { access: { ...access, authorize }, ws: { maxQueuedFrames: 2 } },
  });
  const other = await bystander(server);
  const ws = server.webSocket('?token=u1');
  await eventually(() => expect(ws.readies).toHaveLength(1));
  for (const ref of [1, 2]) ws.send({ t: 'subscribe', ref, group: 'g1' });
  ws.send({ t: 'ping' });
  await eventually(() => expect(ws.frames.at(-1)).toEqual({ t: 'pong' }));
  ws.send({ t: 'subscribe', ref: 3, group: 'g1' });
  await eventually(() => expect(ws.closeCode).toBe(4429));
  expect(ws.bye).toEqual({ code: 'LIMIT_EXCEEDED', returnMs: expect.any(Number) });
  expect(server.reached('framesWaiting')).toBe(1);
  await other.assertUntouched();
});

test('L-helloBytes a hello of more than 8 KiB closes the connection with 4400', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  const large = server.webSocket('', { t: 'hello', token: 'x'.repeat(8 * 1024) });
  await eventually(() => expect(large.closeCode).toBe(4400));
  expect(server.reached('helloBytes')).toBe(1);
  await other.assertUntouched();
});

test('L-payloadBytes a message of more than 64 KiB closes the connection with 1009, in one frame or several', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  const [whole, cut] = [
    await openWebSocket(server, '?token=u1'),
    await openWebSocket(server, '?token=u1'),
  ];
  whole.write(clientFrame('x'.repeat(64 * 1024 + 1)));
  cut.write(clientFrame('x'.repeat(40_000), { final: false }));
  cut.write(clientFrame('x'.repeat(40_000), { opcode: opcodes.more }));
  expect(await whole.closeCode()).toBe(1009);
  expect(await cut.closeCode()).toBe(1009);
  expect(server.reached('payloadBytes')).toBe(2);
  await other.assertUntouched();
});

test('L-fragments a message in more than 64 fragments closes the connection with 1008, empty ones too', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  const flooding = await openWebSocket(server, '?token=u1');
  flooding.write(clientFrame('', { final: false }));
  for (let n = 0; n < 64; n += 1) {
    flooding.write(clientFrame('', { opcode: opcodes.more, final: false }));
  }
  expect(await flooding.closeCode()).toBe(1008);
  expect(server.reached('fragments')).toBe(1);
  await other.assertUntouched();
});

test('L-helloTime who says no hello is closed with 4408, pinging or not', async () => {
  const server = await hostileServer({ mount: { ws: { helloTimeoutMs: 200 } } });
  const other = await bystander(server);
  const [silent, pinging] = [await openWebSocket(server), await openWebSocket(server)];
  pinging.write(clientFrame('', { opcode: opcodes.ping }));
  expect(await silent.closeCode()).toBe(4408);
  expect(await pinging.closeCode()).toBe(4408);
  expect(server.reached('helloTime')).toBe(2);
  await other.assertUntouched();
});
