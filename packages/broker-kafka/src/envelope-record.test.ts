import type { Envelope } from '@realtime-notify/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from './envelope-record.js';
import type { IncomingRecord, OutgoingRecord } from './kafka-record.js';

/** What comes out of Kafka for what went in. */
function carried(record: OutgoingRecord): IncomingRecord {
  const headers = Object.entries(record.headers);
  return {
    ...{ partition: 0, offset: 0, timestamp: 0 },
    key: Buffer.from(record.key),
    value: Buffer.from(record.value),
    headers: new Map(headers.map(([name, text]) => [name, Buffer.from(text)])),
  };
}

const wellFormed = fc.string({ unit: 'grapheme', minLength: 1 });
const envelope: fc.Arbitrary<Envelope> = fc
  .record({
    id: fc.uuid(),
    type: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,30}$/),
    channel: wellFormed,
    time: fc.maxSafeNat(),
    dataJson: fc.json(),
    place: fc.option(
      fc.record({
        epoch: fc.stringMatching(/^[1-9a-z][0-9a-z]{0,15}$/),
        offset: fc.integer({ min: 1 }),
      }),
    ),
    previousTag: fc.option(fc.stringMatching(/^[0-9a-f]{8}$/)),
    trace: fc.option(wellFormed),
    provisional: fc.boolean(),
  })
  .map(({ place, previousTag, trace, provisional, ...fields }) => ({
    ...fields,
    ...(place ?? { epoch: null, offset: null, ...(provisional ? { provisional } : {}) }),
    ...(place !== null && previousTag !== null ? { previousTag } : {}),
    ...(trace === null ? {} : { traceparent: trace }),
  }));

const sample = {
  id: '0190c2a5-7f3e-7000-8000-000000000000',
  type: 'message',
  channel: 'user:1',
  time: 1,
  dataJson: '{}',
  epoch: 'e1',
  offset: 7,
  previousTag: 'b302099a',
};

describe('envelope records', () => {
  test('an envelope comes back as it was', () => {
    fc.assert(
      fc.property(envelope, (sent) => {
        expect(decodeRecord(carried(encodeRecord(sent)))).toEqual(sent);
      }),
    );
  });

  test('the channel is the key, and the headers can be read by others', () => {
    expect(encodeRecord(sample)).toEqual({
      key: 'user:1',
      value: '{}',
      headers: {
        ...{ id: sample.id, type: 'message', time: '1' },
        ...{ epoch: 'e1', offset: '7', previousTag: 'b302099a' },
      },
    });
  });

  const good = carried(encodeRecord(sample));
  const withHeader = (name: string, value: string | undefined) => {
    const headers = new Map(good.headers);
    if (value === undefined) headers.delete(name);
    else headers.set(name, Buffer.from(value));
    return { ...good, headers };
  };

  test('a record of an older version says nothing of the one before it', () => {
    const { previousTag: _, ...older } = sample;
    expect(decodeRecord(withHeader('previousTag', undefined))).toEqual(older);
  });

  test.each([
    ['no key', { ...good, key: null }],
    ['no value', { ...good, value: null }],
    ['a key that is not UTF-8', { ...good, key: Buffer.from([0xff]) }],
    ['a value that is not UTF-8', { ...good, value: Buffer.from([0x22, 0xc3, 0x22]) }],
    ['no id', withHeader('id', undefined)],
    ['no type', withHeader('type', undefined)],
    ['no time', withHeader('time', undefined)],
    ['an epoch without offset', withHeader('offset', undefined)],
    ['an offset without epoch', withHeader('epoch', undefined)],
    ['an offset that is not a number', withHeader('offset', '1e3')],
    ['an offset of zero', withHeader('offset', '0')],
    ['an offset beyond what a number holds', withHeader('offset', '9999999999999999')],
    ['a place and the mark of having none yet', withHeader('provisional', 'true')],
    ['a tag before it that is none', withHeader('previousTag', 'B302')],
    ['an epoch of another form', withHeader('epoch', 'E!')],
  ])('%s: not an envelope', (_what, record) => {
    expect(decodeRecord(record)).toBeUndefined();
  });
});
