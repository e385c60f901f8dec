import { eventually } from '@realtime-notify/contract-kit';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { clientFrame, opcodes } from './harness/client-frame.js';
import { hostileServer } from './harness/hostile-server.js';
import { type OpenWebSocket, openWebSocket } from './harness/open-web-socket.js';
import { readFrames } from './harness/server-frames.js';

const repeated = (count: number, frame: Buffer) =>
  Buffer.concat(Array.from({ length: count }, () => frame));
const part = (payload: string) => clientFrame(payload, { opcode: opcodes.more, final: false });
const lengths = [0xffff_ffff_ffff_ffffn, 2n ** 63n, 2n ** 53n, 2n ** 40n, 65_537n];

/** Sends the same frame again and again until the server has had enough. */
async function closedBy(flooding: OpenWebSocket, frame: Uint8Array): Promise<number | undefined> {
  // In packets of their own; the test of all at once is below.
  const timer = setInterval(() => flooding.write(frame), 1);
  try {
    return await flooding.closeCode();
  } finally {
    clearInterval(timer);
  }
}

test.each([
  ['pings', opcodes.ping],
  ['pongs', opcodes.pong],
])('H-control-flood %s frame by frame are closed with 4429', async (_, opcode) => {
  const server = await hostileServer();
  const other = await bystander(server);
  const flooding = await openWebSocket(server, '?token=u1');
  expect(await closedBy(flooding, clientFrame('x'.repeat(125), { opcode }))).toBe(4429);
  expect(server.reached('framesPerSecond')).toBe(1);
  await eventually(() => expect(server.notifier.connections.size).toBe(2));
  await other.assertUntouched();
});

test('H-control-flood pings all at once are not answered one by one, and close the connection', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  const flooding = await openWebSocket(server, '?token=u1');
  flooding.write(repeated(20_000, clientFrame('x'.repeat(125), { opcode: opcodes.ping })));
  const text = await flooding.client.end();
  const answers = readFrames(text).filter(({ opcode }) => opcode === opcodes.pong);
  expect(answers.length).toBeLessThanOrEqual(100);
  await eventually(() => expect(server.notifier.connections.size).toBe(2));
  await other.assertUntouched();
});

test('H-fragment-flood a message that never ends closes with 1008, however small its fragments', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  for (const payload of ['x', '']) {
    const flooding = await openWebSocket(server, '?token=u1');
    flooding.write(clientFrame(payload, { final: false }));
    flooding.write(repeated(1_000, part(payload)));
    expect(await flooding.closeCode()).toBe(1008);
  }
  expect(server.reached('fragments')).toBe(2);
  await other.assertUntouched();
});

test('H-fragment-flood pings between fragments count as frames', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  const flooding = await openWebSocket(server, '?token=u1');
  flooding.write(clientFrame('x', { final: false }));
  expect(await closedBy(flooding, clientFrame('', { opcode: opcodes.ping }))).toBe(4429);
  await other.assertUntouched();
});

test('H-long-length a frame that claims more than may come closes with 1009 before any of it has come', async () => {
  const server = await hostileServer();
  const other = await bystander(server);
  for (const claimedLength of lengths) {
    const greedy = await openWebSocket(server, '?token=u1');
    greedy.write(clientFrame('', { claimedLength }));
    expect(await greedy.closeCode()).toBe(1009);
  }
  expect(server.reached('payloadBytes')).toBe(lengths.length);
  await other.assertUntouched();
});

test.each([
  ['an unmasked frame', clientFrame('{"t":"ping"}', { masked: false }), 1002],
  ['reserved bits', clientFrame('{"t":"ping"}', { reserved: 0x40 }), 1002],
  ['a reserved opcode', clientFrame('', { opcode: 3 }), 1002],
  ['a control frame in fragments', clientFrame('', { opcode: opcodes.ping, final: false }), 1002],
  ['a control frame of 126 bytes', clientFrame('x'.repeat(126), { opcode: opcodes.ping }), 1002],
  ['a continuation of nothing', clientFrame('x', { opcode: opcodes.more }), 1002],
  ['text that is no UTF-8', clientFrame(Uint8Array.of(0xc3, 0x28)), 1007],
  [
    'a close code that may not be sent',
    clientFrame(Uint8Array.of(3, 237), { opcode: opcodes.close }),
    1002,
  ],
  ['a close of one byte', clientFrame(Uint8Array.of(3), { opcode: opcodes.close }), 1002],
])('H-bad-frame %s closes with its code', async (_, frame, code) => {
  const server = await hostileServer();
  const other = await bystander(server);
  const bad = await openWebSocket(server, '?token=u1');
  bad.write(frame);
  expect(await bad.closeCode()).toBe(code);
  await other.assertUntouched();
});
