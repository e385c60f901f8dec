import type { LoggedDraft } from '@realtime-notify/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDraft, encodeDraft } from './draft-record.js';

const text = fc.string({ minLength: 1, unit: 'grapheme' });

test('whatever a draft holds, the record gives it back, and its channel is the key', () => {
  const draft: fc.Arbitrary<LoggedDraft> = fc.record(
    {
      channel: text,
      id: text,
      type: text,
      time: fc.nat(),
      dataJson: fc.json(),
      traceparent: text,
      idempotency: fc.record({ key: text, digest: text }),
    },
    { requiredKeys: ['channel', 'id', 'type', 'time', 'dataJson', 'idempotency'] },
  );
  fc.assert(
    fc.property(draft, (given) => {
      const { key, value } = encodeDraft(given);
      expect(key).toBe(given.channel);
      expect(decodeDraft({ value: Buffer.from(String(value)) })).toEqual(given);
    }),
  );
});

test.each([
  null,
  '',
  'null',
  '{}',
  '{"v":2}',
  '{"v":1,"channel":"c","id":"i","type":"t","time":1,"dataJson":"{}"}',
])('%j is no draft', (value) => {
  const bytes = value === null ? null : Buffer.from(value);
  expect(() => decodeDraft({ value: bytes })).toThrow();
});
