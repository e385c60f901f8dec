import { Duplex, type Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Receiver } from 'ws';
import { textFrame } from './ws-frame.js';

// `ws` exports its parser; its published types leave it out.
declare module 'ws' {
  export const Receiver: new (options: { readonly isServer: boolean }) => Writable;
}

/** Reads frames that arrive in pieces cut anywhere, with the parser of `ws`. */
async function read(bytes: Buffer, pieceBytes: number): Promise<string[]> {
  const messages: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer) => messages.push(data.toString()));
  const failed = new Promise<never>((_, reject) => receiver.once('error', reject));
  const finished = new Promise<void>((resolve) => receiver.once('finish', resolve));
  const source = new Duplex({ read() {}, write: (_, __, done) => done() });
  source.pipe(receiver);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    source.push(bytes.subarray(start, start + pieceBytes));
  }
  source.push(null);
  await Promise.race([finished, failed]);
  return messages;
}

test('the parser of ws reads back arbitrary texts, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 64 }),
      async (texts, pieceBytes) => {
        const bytes = Buffer.concat(texts.map(textFrame));
        expect(await read(bytes, pieceBytes)).toEqual(texts);
      },
    ),
    { numRuns: 200 },
  );
});

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('a text of %i bytes', async (bytes) => {
  const text = 'x'.repeat(bytes);
  expect(await read(textFrame(text), 50_000)).toEqual([text]);
});
