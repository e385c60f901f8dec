import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeEvent, heartbeatComment } from './sse-frame.js';

/** Reads text that arrives in pieces cut anywhere, as a client of another make does. */
function read(
  text: string,
  cuts: readonly number[],
): { events: EventSourceMessage[]; retries: number[] } {
  const events: EventSourceMessage[] = [];
  const retries: number[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onRetry: (retryMs) => retries.push(retryMs),
  });
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, text.length]) {
    parser.feed(text.slice(start, end));
    start = end;
  }
  return { events, retries };
}

const field = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((text) => !/[\r\n\0]/.test(text));
const data = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('\r', '\n', '\r\n', 'data: x', 'event: forged', 'id: 9', ':', ' ', ''))
    .map((parts) => parts.join('')),
);

test('another parser reads back what was encoded, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ event: field, data, id: field }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (sent, cuts) => {
        const text = sent.map(encodeEvent).join(heartbeatComment.toString());
        const { events } = read(text, cuts);
        expect(events).toEqual(
          sent.map((event) => ({ ...event, data: event.data.replace(/\r\n|\r/g, '\n') })),
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

test('JSON data never needs more than one line', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(encodeEvent({ event: 'e', data: json }).split('\n')).toHaveLength(4);
    }),
  );
});

test('a field that would forge another is refused', () => {
  for (const bad of ['a\nb', 'a\rb', 'a\0b']) {
    expect(() => encodeEvent({ event: bad, data: '' })).toThrow(RangeError);
    expect(() => encodeEvent({ id: bad, data: '' })).toThrow(RangeError);
  }
});

test('retry is written as whole milliseconds', () => {
  expect(read(encodeEvent({ event: 'bye', data: '{}', retryMs: 12.6 }), []).retries).toEqual([13]);
  expect(encodeEvent({ data: '', retryMs: -5 })).toContain('retry: 0\n');
});
