import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEnvelope, encodeEnvelope } from './envelope-codec.js';
import type { Envelope } from './notification.js';

// What anybody with the right to publish could put on our Redis channels.

const whole = Buffer.from(
  encodeEnvelope({
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    type: 'message',
    channel: 'user:ü',
    epoch: 'e1',
    offset: 7,
    previousTag: 'b302099a',
    time: 5,
    dataJson: '{"text":"🎉"}',
  }),
);

/** One of ours with some bytes gone and others, perhaps no UTF-8, in their place. */
const damaged = fc
  .tuple(fc.nat(whole.length), fc.nat(8), fc.uint8Array({ maxLength: 8 }))
  .map(([at, gone, put]) =>
    Buffer.concat([whole.subarray(0, at), put, whole.subarray(Math.min(at + gone, whole.length))]),
  );

const member = fc.oneof(
  fc.constantFrom<unknown>(
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'message',
    'user:1',
    'e1',
    '0',
    null,
    1,
    -1,
    1.5,
    1e21,
    'b302099a',
    'provisional',
    '__proto__',
    'constructor',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Any fields before any data. */
const shaped = fc
  .tuple(fc.array(member, { maxLength: 9 }), fc.string({ unit: 'binary', maxLength: 20 }))
  .map(([fields, data]) => Buffer.from(`${JSON.stringify(fields)}\n${data}`));

const deep = (open: string): string => open.repeat(500_000);
const huge = [
  deep('['),
  deep('{"a":'),
  `${deep('[')}\n{}`,
  `${'['.repeat(4_090)}\n{}`,
  `[${'"x",'.repeat(1_000)}1]\n{}`,
  `[1e${'9'.repeat(4_000)}]\n{}`,
  `{"__proto__":{"length":6}}\n{}`,
  `${whole}${deep('[')}`,
].map((text) => Buffer.from(text));

const message = fc.oneof(
  { weight: 300, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 400, arbitrary: damaged },
  { weight: 300, arbitrary: shaped },
  { weight: 1, arbitrary: fc.constantFrom(...huge) },
);

// Plain checks: `expect` would take most of the time.
test('H-REDIS-ENVELOPE whatever bytes come, they are an envelope of ours or nothing', () => {
  const found = { envelopes: 0, nothing: 0 };
  fc.assert(
    fc.property(message, (bytes) => {
      // As the driver hands them over: what is no UTF-8 becomes U+FFFD.
      const decoded = decodeEnvelope(bytes.toString());
      if (decoded === undefined) {
        found.nothing += 1;
        return true;
      }
      found.envelopes += 1;
      return isOurs(decoded);
    }),
    { numRuns: 50_000 },
  );
  // Both happened often: the cases are near enough to the real thing.
  expect(found.envelopes).toBeGreaterThan(1_000);
  expect(found.nothing).toBeGreaterThan(10_000);
}, 60_000);

/** Whether we could have written it. */
function isOurs(envelope: Envelope): boolean {
  const { id, type, epoch, offset } = envelope;
  const again = decodeEnvelope(encodeEnvelope(envelope));
  const placed = offset === null ? epoch === null : Number.isSafeInteger(offset) && offset > 0;
  const named = /^[0-9a-f-]{36}$/.test(id) && /^[\w.:-]{1,100}$/.test(type);
  return placed && named && JSON.stringify(again) === JSON.stringify(envelope);
}
