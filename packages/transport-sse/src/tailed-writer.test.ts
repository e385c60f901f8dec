import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlainSocket, plainSocket, TailedWriter } from './tailed-writer.js';

/** Takes what is written at once, or keeps it, as it is then, until it is asked for. */
class TestSocket implements PlainSocket {
  taken = '';
  held: Buffer | undefined;
  holds = false;

  get writableLength(): number {
    return this.held?.length ?? 0;
  }

  readonly write: PlainSocket['write'] = (bytes: string | Uint8Array) => {
    if (typeof bytes === 'string') throw new Error('bytes are written');
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.holds) this.held = buffer;
    else this.taken += buffer.toString();
    return !this.holds;
  };

  take(): void {
    this.taken += this.held?.toString() ?? '';
    this.held = undefined;
  }
}

const step = fc.record({
  socket: fc.nat(3),
  shared: fc.nat(2),
  tail: fc.stringMatching(/^[a-z]{0,40}$/),
  holds: fc.boolean(),
});

test('each socket gets the shared bytes and its own end, also where others still hold theirs', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string(), { minLength: 3, maxLength: 3 }),
      fc.array(step, { maxLength: 60 }),
      (texts, steps) => {
        const writer = new TailedWriter();
        const shared = texts.map((text) => Buffer.from(text));
        const sockets = Array.from({ length: 4 }, () => new TestSocket());
        const expected = sockets.map(() => '');
        for (const { socket: at, shared: which, tail, holds } of steps) {
          const socket = sockets[at];
          const bytes = shared[which];
          if (socket === undefined || bytes === undefined) continue;
          socket.take();
          socket.holds = holds;
          writer.write(socket, bytes, tail);
          expected[at] += bytes.toString() + tail;
        }
        for (const socket of sockets) socket.take();
        expect(sockets.map(({ taken }) => taken)).toEqual(expected);
      },
    ),
  );
});

test('the bytes that are shared are never written to', () => {
  const shared = Buffer.from('shared');
  new TailedWriter().write(new TestSocket(), shared, ' and an end');
  expect(shared.toString()).toBe('shared');
});

test('one buffer serves all sockets that take all at once', () => {
  const writer = new TailedWriter();
  const shared = Buffer.from('shared');
  const written: ArrayBufferLike[] = [];
  const socket: PlainSocket = {
    writableLength: 0,
    write: (bytes: string | Uint8Array) => {
      if (typeof bytes !== 'string') written.push(bytes.buffer);
      return true;
    },
  };
  for (const tail of ['a', 'bb', 'ccc']) writer.write(socket, shared, tail);
  expect(new Set(written).size).toBe(1);
});

test('neither TLS nor what wraps `write` counts as plain', () => {
  const socket = new Socket();
  expect(plainSocket(socket)).toBe(socket);
  expect(plainSocket(new TLSSocket(new Socket()))).toBeUndefined();
  expect(plainSocket(new Duplex())).toBeUndefined();
  const wrapped = Object.assign(new Socket(), { write: () => true });
  expect(plainSocket(wrapped)).toBeUndefined();
});
