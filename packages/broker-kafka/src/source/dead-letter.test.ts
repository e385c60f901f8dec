import { NotifyError } from '@realtime-notify/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IncomingRecord } from '../kafka-record.js';
import { chunks } from '../record-producer.js';
import { type DeadLetterReason, deadLetter, minLetterBytes } from './dead-letter.js';

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
/** Short ones, and some that are larger than a letter may be. */
const value = fc.oneof(
  bytes(50),
  fc.integer({ min: 5_000, max: 50_000 }).map((n) => Buffer.alloc(n, 7)),
);
const record = fc.record<IncomingRecord>({
  partition: fc.nat(),
  offset: fc.maxSafeNat(),
  timestamp: fc.maxSafeInteger(),
  key: fc.option(value),
  value: fc.option(value),
  headers: fc
    .array(fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), value), { maxLength: 4 })
    .map((entries) => new Map(entries)),
});
const reason = fc.constantFrom<DeadLetterReason>('undecodable', 'schema-mismatch', 'map-failed');
const error = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2_000 }).map((text) => new Error(text)),
  fc.constant(new NotifyError('TYPE_UNKNOWN', 'no such type')),
  fc.anything(),
);
const limit = fc.integer({ min: minLetterBytes, max: 60_000 });

const sizeOf = ({ key, value, headers }: ReturnType<typeof deadLetter>) =>
  chunksSize(key) +
  chunksSize(value) +
  Object.entries(headers).reduce(
    (sum, [name, each]) => sum + 10 + Buffer.byteLength(name) + chunksSize(each),
    0,
  );
const chunksSize = (each: string | Buffer | null) => (each === null ? 0 : Buffer.byteLength(each));
const own = (letter: ReturnType<typeof deadLetter>, name: string) =>
  letter.headers[`dead-letter-${name}`]?.toString();

describe('dead letters', () => {
  test('carry all of the original that has room, say what is missing, and never exceed the limit', () => {
    const topic = fc.stringMatching(/^[a-zA-Z0-9._-]{1,249}$/);
    fc.assert(
      fc.property(record, topic, reason, error, limit, (source, name, why, what, maxBytes) => {
        const { partition, offset, timestamp } = source;
        const letter = deadLetter(
          { topic: name, partition, source, reason: why, error: what },
          maxBytes,
        );
        expect(sizeOf(letter)).toBeLessThanOrEqual(maxBytes);
        expect(own(letter, 'reason')).toBe(why);
        expect(['topic', 'partition', 'offset', 'timestamp'].map((n) => own(letter, n))).toEqual(
          [name, partition, offset, timestamp].map(String),
        );
        const truncated = own(letter, 'truncated')?.split(',') ?? [];
        if (truncated.length > 0) {
          expect(own(letter, 'value-bytes')).toBe(String(source.value?.length ?? 0));
        }
        expect(letter.key).toEqual(truncated.includes('key') ? null : source.key);
        for (const [header, original] of source.headers) {
          const kept = Object.hasOwn(letter.headers, header) ? letter.headers[header] : undefined;
          if (!header.startsWith('dead-letter-') && header !== '__proto__') {
            expect(kept).toEqual(truncated.includes('headers') ? undefined : original);
          }
        }
        if (truncated.includes('value')) {
          const kept = letter.value as Buffer;
          expect(source.value?.subarray(0, kept.length).equals(kept)).toBe(true);
        } else {
          expect(letter.value).toEqual(source.value);
        }
        // It is a request of its own, or shares one.
        expect(chunks([letter, letter], maxBytes).length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test.each([{ toString: 0 }, Object.create(null), Symbol('x'), undefined])(
    'whatever was thrown, there is a letter: %o',
    (thrown) => {
      const source: IncomingRecord = {
        ...{ partition: 0, offset: 0, timestamp: 0, key: null, value: null },
        headers: new Map(),
      };
      const undeliverable = { topic: 't', partition: 0, source, reason: 'map-failed' } as const;
      const letter = deadLetter({ ...undeliverable, error: thrown }, minLetterBytes);
      expect(own(letter, 'error')).toBeTypeOf('string');
    },
  );

  test('a small record is there as it was; the code of a NotifyError is a header', () => {
    const source: IncomingRecord = {
      ...{ partition: 1, offset: 7, timestamp: 99 },
      key: Buffer.from('k'),
      value: Buffer.from('{'),
      headers: new Map([['traceparent', Buffer.from('00-1')]]),
    };
    const refused = new NotifyError('TYPE_UNKNOWN', 'no such type');
    expect(
      deadLetter({ topic: 't', partition: 1, source, reason: 'refused', error: refused }, 900_000),
    ).toEqual({
      key: source.key,
      value: source.value,
      headers: {
        traceparent: Buffer.from('00-1'),
        'dead-letter-reason': 'refused',
        'dead-letter-error': 'no such type',
        'dead-letter-code': 'TYPE_UNKNOWN',
        'dead-letter-topic': 't',
        'dead-letter-partition': '1',
        'dead-letter-offset': '7',
        'dead-letter-timestamp': '99',
      },
    });
  });
});
