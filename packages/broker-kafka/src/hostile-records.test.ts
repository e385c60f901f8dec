import { makeEnvelope } from '@realtime-notify/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBatches } from './batch-decoder.js';
import { decodeRecord, encodeRecord } from './envelope-record.js';
import { readEntries } from './group/read-entries.js';
import type { IncomingRecord } from './kafka-record.js';
import { deadLetter, minLetterBytes } from './source/dead-letter.js';
import { decodeJson } from './source/decode-json.js';
import { judgeRecord } from './source/judge-record.js';
import { mapSimpleRecord, simpleValueSchema } from './source/simple-record.js';

const cases = 50_000;
const patienceMs = 120_000;

/** 100,000 levels; made once, since making it takes longer than reading it. */
const deep = Buffer.from(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`);
const deepOpen = Buffer.from('['.repeat(100_000));
const deepSource = Buffer.from(`{"to":{"user":"u"},"type":"t","data":${deep.toString()}}`);

const awkwardTexts = [
  ...[
    '',
    '\0',
    '\r\n',
    '\n\nevent: bye\ndata: {}\n\n',
    '\u2028',
    '\u2029',
    '\ufeff{}',
    'null',
    '[]',
  ],
  ...['__proto__', 'constructor', 'toString', 'user:u1', 'group:g', 'all', '{"__proto__":{"x":1}}'],
  ...['0', '-1', '1e3', '1e999', '0x10', '9007199254740993', '9'.repeat(400), ' 1', '1\n', '1.0'],
  ...['0190c2a5-7f3e-7000-8000-000000000000', 'message', 'e1', '\ud800', 'A'.repeat(2_000)],
];
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const hostileText = fc.oneof(
  fc.constantFrom(...awkwardTexts).map((text) => Buffer.from(text)),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
  bytes,
);
const hostileValue = (usual: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer | null> =>
  fc.oneof(
    { weight: 600, arbitrary: usual },
    { weight: 300, arbitrary: hostileText },
    { weight: 50, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(deep, deepOpen, deepSource) },
  );
const json = fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text));

/** Mostly what belongs there, so that one field at a time is at fault, too. */
const header = (...usual: readonly string[]): fc.Arbitrary<Buffer | undefined> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...usual).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
const headers = fc
  .record({
    id: header('0190c2a5-7f3e-7000-8000-000000000000'),
    type: header('message', 'a.b:c-d_e'),
    time: header('1', '1795317649845', '0'),
    epoch: header('e1', 'k1lq2ykwveau'),
    offset: header('1', '7', '9007199254740991'),
    traceparent: header('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    other: fc.option(fc.tuple(fc.constantFrom('__proto__', 'constructor', ''), hostileText)),
  })
  .map(({ other, ...known }) => {
    const all = new Map<string, Buffer>(other === null ? [] : [other]);
    for (const [name, value] of Object.entries(known)) {
      if (value !== undefined) all.set(name, value);
    }
    return all;
  });

const record = (value: fc.Arbitrary<Buffer>): fc.Arbitrary<IncomingRecord> =>
  fc.record({
    partition: fc.nat(100),
    offset: fc.maxSafeNat(),
    timestamp: fc.maxSafeInteger(),
    key: fc.oneof(
      { weight: 6, arbitrary: fc.constant(Buffer.from('user:u1')) },
      { weight: 3, arbitrary: hostileText },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    value: hostileValue(value),
    headers,
  });

describe('H-KAFKA-RECORD', () => {
  test(
    'H-KAFKA-RECORD any record: an envelope that keeps to the codec, or none',
    () => {
      let taken = 0;
      let refused = 0;
      fc.assert(
        fc.property(record(json), (hostile) => {
          const envelope = decodeRecord(hostile);
          if (envelope === undefined) {
            refused += 1;
            return true;
          }
          taken += 1;
          // Checked as what any other codec brings, and the same bytes when it is sent on.
          const { key, value } = encodeRecord(envelope);
          const kept = makeEnvelope({ traceparent: undefined, ...envelope }) !== undefined;
          const sameKey = hostile.key?.equals(Buffer.from(key));
          return kept && sameKey === true && hostile.value?.equals(Buffer.from(value)) === true;
        }),
        { numRuns: cases },
      );
      // Both ways are taken often, or this test says little.
      expect(Math.min(taken, refused)).toBeGreaterThan(cases / 20);
      expect({}).not.toHaveProperty('x');
    },
    patienceMs,
  );

  test(
    'H-KAFKA-RECORD any bytes where batches should be: read or reported, never thrown',
    async () => {
      const noCodec = () => Promise.reject(new Error('unknown codec'));
      await fc.assert(
        fc.asyncProperty(batchLike, async (batches) => {
          const answer = { partition: 0, errorCode: 0, batches };
          const { records } = await decodeBatches(answer, noCodec, () => {});
          for (const each of records) decodeRecord(each);
        }),
        { numRuns: cases / 5 },
      );
    },
    patienceMs,
  );
});

/** Bytes with a length and a format that let them pass for a batch. */
const batchLike = fc
  .tuple(fc.uint8Array({ minLength: 61, maxLength: 200 }), fc.constantFrom(2, 2, 2, 1, 0))
  .map(([array, magic]) => {
    const batch = Buffer.from(array);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt8(magic, 16);
    return batch;
  });

const sourceJson = fc
  .record(
    {
      to: fc.oneof(fc.constant({ user: 'u1' }), fc.jsonValue({ maxDepth: 2 })),
      type: fc.oneof(fc.constant('message'), fc.jsonValue({ maxDepth: 1 })),
      data: fc.jsonValue({ maxDepth: 3 }),
      more: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value))
  // A literal would set the prototype instead.
  .chain((text) =>
    fc.constantFrom(
      text,
      text.replace('"more"', '"__proto__"'),
      text.replace('"to"', '"__proto__"'),
    ),
  )
  .map((text) => Buffer.from(text));

/** As a source without options has them. */
const rules = {
  ...{ decode: decodeJson, value: simpleValueSchema, map: mapSimpleRecord },
  ...{ eventId: undefined, maxRecordBytes: 1_048_576 },
};

describe('H-KAFKA-SOURCE', () => {
  const judge = (hostile: IncomingRecord) => judgeRecord(rules, 'cluster', 'orders', hostile);

  test(
    'H-KAFKA-SOURCE any record: a request of known members, or a fault with its reason',
    async () => {
      let taken = 0;
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(record(sourceJson), async (hostile) => {
          const verdict = await judge(hostile);
          if ('fault' in verdict) {
            refused += 1;
            const { reason, error } = verdict.fault;
            const letter = deadLetter(
              { topic: 'orders', partition: 0, source: hostile, reason, error },
              minLetterBytes,
            );
            const said = ['undecodable', 'schema-mismatch'].includes(reason);
            return said && String(letter.headers['dead-letter-offset']) === `${hostile.offset}`;
          }
          if ('later' in verdict) return false;
          taken += 1;
          // Throws where it is too deep for what comes next.
          JSON.stringify(verdict.requests);
          return verdict.requests.every(
            (request) =>
              Object.keys(request).sort().join() ===
                'data,durable,idempotencyKey,to,traceparent,type,whenStoreDown' &&
              Object.getPrototypeOf(request) === Object.prototype &&
              typeof request.type === 'string' &&
              (request.idempotencyKey ?? '').length <= 200,
          );
        }),
        { numRuns: cases / 2 },
      );
      expect(Math.min(taken, refused)).toBeGreaterThan(cases / 40);
      expect({}).not.toHaveProperty('x');
    },
    patienceMs,
  );

  test('H-KAFKA-SOURCE 100,000 levels are refused, 100 are taken', async () => {
    const place = { partition: 0, offset: 0, timestamp: 0, key: null, headers: new Map() };
    for (const value of [deep, deepOpen, deepSource]) {
      expect(await judge({ ...place, value })).toMatchObject({
        fault: { reason: 'undecodable', error: { message: expect.stringMatching(/deep$/) } },
      });
    }
    const levels = `${'['.repeat(99)}${']'.repeat(99)}`;
    const value = Buffer.from(`{"to":{"user":"u"},"type":"t","data":${levels}}`);
    expect(await judge({ ...place, value })).toMatchObject({ requests: [{ type: 't' }] });
  });

  test(
    'H-KAFKA-SOURCE any bytes where batches should be: entries in order, or one for the batch',
    async () => {
      const noCodec = () => Promise.reject(new Error('unknown codec'));
      await fc.assert(
        fc.asyncProperty(fc.array(batchLike, { maxLength: 3 }), fc.nat(9), async (all, from) => {
          const fetched = { partition: 0, batches: Buffer.concat(all), aborted: [] };
          let before = from;
          for (const { next, bytes } of await readEntries(fetched, from, noCodec)) {
            if (!(next > before) || !(bytes > 0)) return false;
            before = next;
          }
          return true;
        }),
        { numRuns: cases / 5 },
      );
    },
    patienceMs,
  );
});
