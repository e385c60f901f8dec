import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEnvelope, encodeEnvelope, makeEnvelope } from './envelope-codec.js';
import { type Envelope, isStored } from './notification.js';
import { UuidV7Source } from './uuid-v7.js';

const ids = new UuidV7Source();
const awkward = fc.constantFrom(
  '\u2028',
  '\u2029',
  '"',
  '\\',
  '\n',
  '\r',
  '\0',
  '🎉',
  'é',
  '</script>',
  '{}',
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.array(awkward).map((parts) => parts.join('')),
);
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const envelope: fc.Arbitrary<Envelope> = fc
  .record({
    type: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,30}$/),
    channel: text.map((name) => `user:${name}`.slice(0, 250)),
    time: fc.nat(2 ** 41),
    dataJson: fc.oneof(
      fc.json(),
      text.map((data) => JSON.stringify({ data })),
    ),
    place: fc.option(
      fc.record({
        epoch: fc.stringMatching(/^[1-9a-z][0-9a-z]{0,15}$/),
        offset: fc.integer({ min: 1 }),
      }),
    ),
    previousTag: fc.option(fc.stringMatching(/^[0-9a-f]{8}$/)),
    provisional: fc.boolean(),
    trace: fc.boolean(),
  })
  .map(({ place, previousTag, provisional, trace, ...fields }) => ({
    ...fields,
    id: ids.next(fields.time),
    ...(place ?? { epoch: null, offset: null, ...(provisional ? { provisional } : {}) }),
    ...(place !== null && previousTag !== null ? { previousTag } : {}),
    ...(trace ? { traceparent } : {}),
  }));

test('B1 an envelope survives the way through its text, field by field', () => {
  fc.assert(
    fc.property(envelope, (original) => {
      const decoded = decodeEnvelope(encodeEnvelope(original));
      expect(decoded).toEqual(original);
      expect(Object.keys(decoded ?? {}).sort()).toEqual(Object.keys(original).sort());
    }),
  );
});

test('the data is carried as it is, byte for byte, line feeds and spacing included', () => {
  const dataJson = '{ "a" :\n[1,\t2 ]}\n';
  const original = { ...sample(), dataJson };
  expect(decodeEnvelope(encodeEnvelope(original))?.dataJson).toBe(dataJson);
});

test('B6 garbage is no envelope, and never throws', () => {
  const mutated = fc
    .tuple(envelope, fc.nat(), fc.nat(5), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([original, at, removed, added]) => {
      const encoded = encodeEnvelope(original);
      const start = at % encoded.length;
      return encoded.slice(0, start) + added + encoded.slice(start + removed);
    });
  const jsonLine = fc.tuple(fc.json(), fc.string()).map(([line, rest]) => `${line}\n${rest}`);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated, jsonLine), (garbage) => {
      const decoded = decodeEnvelope(garbage);
      // Where it still is one, it is one that we could have written.
      if (decoded !== undefined) expect(decodeEnvelope(encodeEnvelope(decoded))).toEqual(decoded);
    }),
    { numRuns: 1_000 },
  );
});

test('arbitrary fields are checked and never throw', () => {
  const anything = fc.record({
    id: fc.anything(),
    type: fc.anything(),
    channel: fc.anything(),
    epoch: fc.anything(),
    offset: fc.anything(),
    time: fc.anything(),
    traceparent: fc.anything(),
    previousTag: fc.anything(),
    provisional: fc.anything(),
    dataJson: fc.anything(),
  });
  fc.assert(
    fc.property(anything, (fields) => {
      expect(makeEnvelope(fields)).toBeUndefined();
    }),
  );
});

test.each<[string, Partial<Record<keyof Envelope, unknown>>]>([
  ['an id that is no UUID', { id: 'x' }],
  ['an id in capitals', { id: sample().id.toUpperCase() }],
  ['an id that would leave its quotes', { id: '"},{"' }],
  ['no type', { type: '' }],
  ['no channel', { channel: '' }],
  ['an epoch that would leave its quotes', { epoch: 'e"' }],
  ['an epoch of 17 characters', { epoch: 'e'.repeat(17) }],
  ['an epoch without offset', { offset: null }],
  ['an offset without epoch', { epoch: null }],
  ['offset 0', { offset: 0 }],
  ['half an offset', { offset: 1.5 }],
  ['an unsafe offset', { offset: 2 ** 53 }],
  ['an offset that is a text', { offset: '1' }],
  ['a time that is no integer', { time: 0.5 }],
  ['no data', { dataJson: '' }],
  ['a trace context that is no text', { traceparent: 7 }],
  ['a tag before it that is none', { previousTag: '99a8057' }],
  ['a tag before it in capitals', { previousTag: '099A8057' }],
  ['a tag before it without a place', { epoch: null, offset: null, previousTag: '099a8057' }],
  ['a place and the mark of having none yet', { provisional: true }],
  ['a mark that is none', { epoch: null, offset: null, provisional: 'yes' }],
  ['the epoch that says that there is no log', { epoch: '0' }],
])('%s makes no envelope', (_, fields) => {
  const original: { readonly [K in keyof Envelope]: unknown } = sample();
  expect(makeEnvelope(original)).toEqual(sample());
  expect(makeEnvelope({ ...original, ...fields })).toBeUndefined();
});

test('G9 a first line that is endless, or has too many fields, is not parsed', () => {
  const [line = '', data] = encodeEnvelope(sample()).split('\n');
  expect(decodeEnvelope(`${' '.repeat(4_096)}${line}\n${data}`)).toBeUndefined();
  expect(decodeEnvelope(`${line.replace(']', ',"t",1]')}\n${data}`)).toBeUndefined();
  expect(decodeEnvelope(`${line.replace(']', ',"t","provisional",1]')}\n${data}`)).toBeUndefined();
  expect(decodeEnvelope(line)).toBeUndefined();
});

test('what waits for its place is told from what will have none', () => {
  const ephemeral = { ...sample(), epoch: null, offset: null };
  const provisional = { ...ephemeral, provisional: true } as const;
  expect(encodeEnvelope(provisional).split('\n')[0]).toMatch(/null,5,null,"provisional"]$/);
  for (const each of [ephemeral, provisional]) {
    expect(decodeEnvelope(encodeEnvelope(each))).toEqual(each);
  }
});

test('the tag of the one before it stands last, and may be absent as in an older version', () => {
  const placed = { ...sample(), previousTag: '099a8057' };
  expect(encodeEnvelope(placed).split('\n')[0]).toMatch(/"e1",7,5,null,"099a8057"]$/);
  expect(encodeEnvelope(sample()).split('\n')[0]).toMatch(/"e1",7,5]$/);
  const traced = { ...placed, traceparent };
  for (const each of [placed, traced, sample()]) {
    expect(decodeEnvelope(encodeEnvelope(each))).toEqual(each);
  }
});

test('isStored tells envelopes with a place in a log from the others', () => {
  expect(isStored(sample())).toBe(true);
  expect(isStored({ ...sample(), epoch: null, offset: null })).toBe(false);
});

function sample() {
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';
  return {
    id,
    type: 'message',
    channel: 'user:1',
    epoch: 'e1',
    offset: 7,
    time: 5,
    dataJson: '{}',
  };
}

test.each(['note\nid: 9', 'note\r', 'a b', '', 'x'.repeat(101)])(
  'the type %j could forge a field of a wire format: no envelope',
  (type) => {
    const fields = {
      id: ids.next(1),
      channel: 'all',
      time: 1,
      dataJson: '1',
      traceparent: undefined,
    };
    expect(makeEnvelope({ ...fields, type, epoch: 'e1', offset: 1 })).toBeUndefined();
    expect(makeEnvelope({ ...fields, type: 'note', epoch: 'e1', offset: 1 })).toBeDefined();
  },
);
