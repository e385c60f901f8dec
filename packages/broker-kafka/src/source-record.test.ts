import { describe, expect, test } from 'vitest';
import type { IncomingRecord } from './kafka-client.js';
import { readSourceRecord } from './source-record.js';

const record = (value: unknown, fields: Partial<IncomingRecord> = {}): IncomingRecord => ({
  ...{ partition: 2, offset: 7, timestamp: 99, key: null, headers: new Map() },
  value: Buffer.from(JSON.stringify(value)),
  ...fields,
});
const good = { to: { user: 'u1' }, type: 'message', data: { text: 'hi' } };

describe('readSourceRecord', () => {
  test('takes what is known and leaves the rest', () => {
    expect(readSourceRecord('orders', record({ ...good, more: 1 }))).toEqual({
      ...good,
      idempotencyKey: 'kafka:orders:2:7:99',
      traceparent: undefined,
    });
  });

  test('the key tells places and lives of a Kafka topic apart, and stays within its limit', () => {
    const keys = [
      readSourceRecord('orders', record(good)),
      readSourceRecord('orders', record(good, { offset: 8 })),
      readSourceRecord('orders', record(good, { partition: 3 })),
      readSourceRecord('orders', record(good, { timestamp: 100 })),
      readSourceRecord('o'.repeat(249), record(good)),
      readSourceRecord(`${'o'.repeat(248)}p`, record(good)),
    ].map(({ idempotencyKey }) => idempotencyKey ?? '');
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(200);
  });

  test.each([
    ['no value', record(good, { value: null })],
    ['no JSON', record(good, { value: Buffer.from('{') })],
    ['no UTF-8', record(good, { value: Buffer.from([0x22, 0xff, 0x22]) })],
    ['no object', record([good])],
    ['no audience', record({ ...good, to: undefined })],
    ['an audience that is a text', record({ ...good, to: 'u1' })],
    ['no type', record({ ...good, type: 5 })],
  ])('%s: DATA_INVALID', (_what, bad) => {
    expect(() => readSourceRecord('orders', bad)).toThrow(
      expect.objectContaining({ code: 'DATA_INVALID', retryable: false }),
    );
  });
});
