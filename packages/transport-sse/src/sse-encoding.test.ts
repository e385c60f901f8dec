import { Batch, type Envelope, Outgoing } from '@realtime-notify/core';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endWithCursor, sseEncoding } from './sse-encoding.js';

const envelopeOf = (text: string, offset: number): Envelope => ({
  id: '01a20145-51b5-79f2-a9fc-10e2e8f66641',
  type: 'note',
  channel: 'user:u1',
  epoch: 'e1',
  offset,
  time: 1,
  dataJson: JSON.stringify({ text }),
});

test('a write is whole events, and only its last one carries the cursor', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 20 }),
      (texts) => {
        let batch = Batch.empty();
        texts.forEach((text, index) => {
          batch = batch.with(new Outgoing(envelopeOf(text, index + 1)));
        });
        const events: EventSourceMessage[] = [];
        const parser = createParser({ onEvent: (event) => events.push(event) });
        parser.feed(batch.bytes(sseEncoding).toString() + endWithCursor('c1~x'));
        expect(events.map(({ event }) => event)).toEqual(texts.map(() => 'note'));
        expect(events.map(({ data }) => JSON.parse(data).data.text)).toEqual(
          texts.map((text) => text.toWellFormed()),
        );
        expect(events.map(({ id }) => id)).toEqual([
          ...texts.slice(1).map(() => undefined),
          'c1~x',
        ]);
      },
    ),
  );
});

test('a type that came over the broker forges no field', () => {
  const forged = { ...envelopeOf('x', 1), type: 'note\nid: 9' };
  expect(() => sseEncoding.encode(forged)).toThrow(RangeError);
});
