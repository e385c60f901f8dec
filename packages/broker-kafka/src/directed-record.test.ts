import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeDirected, recipientOf } from './directed-record.js';
import { decodeRecord, encodeRecord } from './envelope-record.js';
import type { IncomingRecord, OutgoingRecord } from './kafka-record.js';

const envelope = {
  id: '0190c2a5-7f3e-7000-8000-000000000000',
  type: 'message',
  channel: 'user:1',
  time: 1,
  dataJson: '{}',
  epoch: 'e1',
  offset: 7,
};

/** What comes out of Kafka for what went in. */
function carried({ key, value, headers }: OutgoingRecord): IncomingRecord {
  return {
    ...{ partition: 0, offset: 0, timestamp: 0 },
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

test('the record of an envelope, routed by the node, which the header `to` names', () => {
  const plain = encodeRecord(envelope);
  expect(encodeDirected(envelope, 'node-a')).toEqual({
    ...plain,
    routedBy: 'node-a',
    headers: { ...plain.headers, to: 'node-a' },
  });
});

test('envelope and node come back as they were', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (nodeId) => {
      const record = carried(encodeDirected(envelope, nodeId));
      expect(recipientOf(record)).toBe(nodeId);
      expect(decodeRecord(record)).toEqual(envelope);
    }),
  );
});

test('a record of the fan-out topic names nobody', () => {
  expect(recipientOf(carried(encodeRecord(envelope)))).toBeUndefined();
});
