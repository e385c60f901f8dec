import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { IncomingRecord } from '../kafka-record.js';
import { decodeJson } from './decode-json.js';
import { judgeRecord, type RecordRules } from './judge-record.js';
import { RetryLater } from './retry-later.js';
import { mapSimpleRecord, simpleValueSchema } from './simple-record.js';

const simple: RecordRules = {
  ...{ decode: decodeJson, value: simpleValueSchema, map: mapSimpleRecord },
  ...{ eventId: undefined, maxRecordBytes: 1_000 },
};
const record = (value: unknown, fields: Partial<IncomingRecord> = {}): IncomingRecord => ({
  ...{ partition: 2, offset: 7, timestamp: 99, key: null, headers: new Map() },
  value: Buffer.from(JSON.stringify(value)),
  ...fields,
});
const good = { to: { user: 'u1' }, type: 'message', data: { text: 'hi' } };
const judge = (rules: Partial<RecordRules>, incoming: IncomingRecord) =>
  judgeRecord({ ...simple, ...rules }, 'c1', 'orders', incoming);

describe('a record without rules of the host', () => {
  test('asks for what it says; what it says beside that is left', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = new Map([['traceparent', Buffer.from(traceparent)]]);
    expect(await judge({}, record({ ...good, durable: false }, { headers }))).toEqual({
      requests: [
        {
          ...good,
          durable: undefined,
          idempotencyKey: 'kafka:c1:orders:2:7:99:0',
          traceparent,
          whenStoreDown: 'reject',
        },
      ],
    });
  });

  test.each([
    ['no value', 'schema-mismatch', record(good, { value: null })],
    ['no JSON', 'undecodable', record(good, { value: Buffer.from('{') })],
    ['no UTF-8', 'undecodable', record(good, { value: Buffer.from([0x22, 0xff, 0x22]) })],
    ['no object', 'schema-mismatch', record([good])],
    ['no audience', 'schema-mismatch', record({ ...good, to: undefined })],
    ['an audience that is a text', 'schema-mismatch', record({ ...good, to: 'u1' })],
    ['no type', 'schema-mismatch', record({ ...good, type: 5 })],
    ['too large', 'value-too-large', record({ ...good, more: 'x'.repeat(1_000) })],
  ])('%s: %s', async (_what, reason, bad) => {
    expect(await judge({}, bad)).toMatchObject({ fault: { reason } });
  });
});

describe('rules of the host', () => {
  const value = z.object({ order: z.string(), users: z.array(z.string()) });
  const map: RecordRules['map'] = async ({ value: event, key }) => {
    const { order, users } = value.parse(event);
    const data = { order, key: key?.toString() };
    return users.map((user) => ({ to: { user }, type: 'order', data }));
  };
  const event = record({ order: 'o1', users: ['a', 'b'] }, { key: Buffer.from('k') });

  test('one event gives several notifications, each with a key of its own, or none', async () => {
    const verdict = await judge({ value, map }, event);
    expect('requests' in verdict ? verdict.requests : undefined).toMatchObject([
      { to: { user: 'a' }, data: { key: 'k' }, idempotencyKey: 'kafka:c1:orders:2:7:99:0' },
      { to: { user: 'b' }, data: { key: 'k' }, idempotencyKey: 'kafka:c1:orders:2:7:99:1' },
    ]);
    expect(await judge({ value, map: () => undefined }, event)).toEqual({ requests: [] });
  });

  test("with an event's own id it counts by that, without one by its place", async () => {
    const keys = async (id: string | undefined, offset: number) => {
      const verdict = await judge({ map, value, eventId: () => id }, { ...event, offset });
      return 'requests' in verdict ? verdict.requests.map((each) => each.idempotencyKey) : [];
    };
    expect(await keys('e1', 7)).toEqual(['event:orders:e1:0', 'event:orders:e1:1']);
    expect(await keys('e1', 8)).toEqual(await keys('e1', 7));
    expect(await keys(undefined, 7)).toEqual([
      ...['kafka:c1:orders:2:7:99:0', 'kafka:c1:orders:2:7:99:1'],
    ]);
  });

  test('what they throw is a fault, unless they ask to be tried again later', async () => {
    const fail = (error: Error) => () => {
      throw error;
    };
    const broken = new Error('broken');
    const later = new RetryLater('the registry does not answer');
    const faults = await Promise.all([
      judge({ decode: fail(broken) }, event),
      judge({ value, map: fail(broken) }, event),
      judge({ value, map, eventId: fail(broken) }, event),
      judge({ value, map: () => [JSON.parse('null')] }, event),
    ]);
    expect(faults).toMatchObject(
      ['undecodable', 'map-failed', 'map-failed', 'map-failed'].map((reason) => ({
        fault: { reason },
      })),
    );
    for (const rules of [{ decode: fail(later) }, { value, map: fail(later) }]) {
      expect(await judge(rules, event)).toEqual({ later });
    }
  });

  test('a record without a value is undefined to the schema, and not decoded', async () => {
    const decode = () => {
      throw new Error('must not be called');
    };
    const rules = { decode, value: z.undefined(), map: () => [] };
    expect(await judge(rules, record(0, { value: null }))).toEqual({ requests: [] });
  });
});
