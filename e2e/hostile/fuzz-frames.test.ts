import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bystander } from './harness/bystander.js';
import { clientFrame, opcodes } from './harness/client-frame.js';
import { type HostileServer, hostileServer } from './harness/hostile-server.js';
import { MemoryConnection } from './harness/memory-connection.js';
import { openWebSocket } from './harness/open-web-socket.js';
import { upgradeRequest } from './harness/requests.js';
import { readFrames } from './harness/server-frames.js';

/** What PROTOCOL.md and RFC 6455 let a server close with; 1005: without a code, as the client did. */
const documented: ReadonlySet<number> = new Set([
  1000, 1002, 1003, 1005, 1007, 1008, 1009, 4400, 4401, 4408, 4429,
]);
const known: ReadonlySet<number> = new Set([
  opcodes.text,
  opcodes.close,
  opcodes.ping,
  opcodes.pong,
]);

const payload = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('{"t":"ping"}', '{"t":"hello","token":"u2"}', '', 'x'.repeat(130)),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 140 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 140 }) },
);
const closePayload = fc
  .tuple(
    fc.oneof(fc.constantFrom(1000, 1001, 4000), fc.nat(65_535)),
    fc.uint8Array({ maxLength: 130 }),
  )
  .map(([code, reason]) => Uint8Array.from([code >> 8, code & 0xff, ...reason]));
const fault = fc.record(
  {
    opcode: fc.nat(15),
    final: fc.boolean(),
    masked: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    reserved: fc.constantFrom(0, 0, 0, 0x40, 0x20, 0x10),
    claimedLength: fc.oneof(
      fc.bigInt({ min: 0n, max: 300n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ),
  },
  { requiredKeys: [] },
);
const frame = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(payload, fault).map(([body, how]) => clientFrame(body, how)) },
  { weight: 2, arbitrary: fc.constant(clientFrame('{"t":"ping"}')) },
  { weight: 1, arbitrary: fc.constant(clientFrame('', { final: false })) },
  {
    weight: 1,
    arbitrary: closePayload.map((body) => clientFrame(body, { opcode: opcodes.close })),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
);
const bytes = fc.record({
  frames: fc.array(frame, { minLength: 1, maxLength: 6 }),
  /** Where what is sent is cut into packets. */
  cuts: fc.array(fc.nat(), { maxLength: 3 }),
  token: fc.boolean(),
});

function packets(frames: readonly Buffer[], cuts: readonly number[]): readonly Buffer[] {
  const whole = Buffer.concat(frames);
  const places = [...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort(
    (a, b) => a - b,
  );
  return places.map((place, index) => whole.subarray(places[index - 1] ?? 0, place));
}

/** Answers are frames of a server, and the last one tells why, where it closes. */
function assertProper(received: string, seen: Set<number>): void {
  for (const { opcode, payload: body } of readFrames(received)) {
    if (!known.has(opcode)) throw new Error(`not a frame that we send: ${opcode}`);
    if (opcode === opcodes.text) JSON.parse(body.toString());
    if (opcode !== opcodes.close) continue;
    const code = body.length >= 2 ? body.readUInt16BE(0) : 1005;
    // A close of the client is answered with its own code.
    if (!documented.has(code) && received.includes('"t":"bye"')) {
      throw new Error(`not a documented close: ${code}`);
    }
    seen.add(code);
  }
}

async function serve(): Promise<HostileServer> {
  const rate = 1e9;
  return hostileServer({
    notifier: { maxConnectsPerSecond: rate, maxConnectsPerSecondPerIp: rate },
  });
}

test('H-fuzz-frames whatever bytes follow the handshake, frames of the protocol and a documented close come back', async () => {
  const server = await serve();
  const other = await bystander(server);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(bytes, async ({ frames, cuts, token }) => {
      const connection = new MemoryConnection(server.server);
      connection.write(upgradeRequest(token ? '?token=u1' : ''));
      const handshake = await connection.answer((text) => /\r\n\r\n(.*\})?$/s.test(text));
      expect(handshake).toContain(' 101 ');
      for (const packet of packets(frames, cuts)) connection.write(packet);
      connection.write(clientFrame('', { opcode: opcodes.ping }));
      assertProper(await connection.settled(), seen);
      connection.cut();
    }),
    { numRuns: 50_000 },
  );
  expect([...seen]).toEqual(expect.arrayContaining([1002, 1003, 1007, 1009, 4400, 1000]));
  await other.assertUntouched();
  await server.assertServes(2);
});

test('H-fuzz-frames over real sockets too', async () => {
  const server = await serve();
  const other = await bystander(server);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(bytes, async ({ frames, cuts, token }) => {
      const socket = await openWebSocket(server, token ? '?token=u1' : '');
      for (const packet of packets(frames, cuts)) socket.write(packet);
      assertProper(await socket.client.finish(), seen);
    }),
    { numRuns: 200 },
  );
  await other.assertUntouched();
  await server.assertServes(2);
});
