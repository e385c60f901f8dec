import { expect, test } from 'vitest';
import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import { defineCatalogue } from './catalogue.js';

const unlimited = 1_000_000;

function failure(call: () => unknown): NotifyError {
  try {
    call();
  } catch (error) {
    if (NotifyError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.each(['open', 'error', 'ready', 'bye', 'inbox.changed'])('the type %s is reserved', (type) => {
  expect(failure(() => defineCatalogue({ [type]: z.null() })).code).toBe('TYPE_RESERVED');
});

test.each(['', ' ', '.a', '-a', 'a b', 'a\nb', 'a\r', 'ä', 'a/b', 'x'.repeat(101)])(
  'the type name %j is refused',
  (type) => {
    expect(failure(() => defineCatalogue({ [type]: z.null() })).code).toBe('OPTIONS_INVALID');
  },
);

test.each(['a', '1', 'order.approved', 'Order_v2:eu-west', 'Ready', 'opened', 'x'.repeat(100)])(
  'the type name %j is taken',
  (type) => {
    const catalogue = defineCatalogue({ [type]: z.null() });
    expect(catalogue.types).toEqual([type]);
    expect(catalogue.encode(type, null, unlimited)).toBe('null');
  },
);

test('an unknown type is refused, also one that every object has', () => {
  const { encode } = defineCatalogue({ message: z.unknown() });
  for (const type of ['nope', '', 'toString', '__proto__', 'constructor', 'a\n"']) {
    expect(failure(() => encode(type, {}, unlimited)).code).toBe('TYPE_UNKNOWN');
  }
});

test("data against the schema is refused; the message names type and field, the cause is the schema's", () => {
  const { encode } = defineCatalogue({
    order: z.object({ items: z.array(z.object({ id: z.int() })) }),
  });
  const error = failure(() => encode('order', { items: [{ id: 1 }, { id: 'x' }] }, unlimited));
  expect(error.code).toBe('DATA_INVALID');
  expect(error.message).toMatch(/^order: data\.items\.1\.id: /);
  expect(error.cause).toBeInstanceOf(z.ZodError);
  expect(failure(() => encode('order', 7, unlimited)).message).toMatch(/^order: data: /);
});

test('what the schema strips, fills in or transforms is sent in its output form', () => {
  const { encode } = defineCatalogue({
    order: z.object({
      id: z.string().trim(),
      at: z.date().transform((date) => date.getTime()),
      amount: z.number().default(1),
    }),
  });
  const data = { id: ' o1 ', at: new Date(5), secret: 'stays here' };
  expect(JSON.parse(encode('order', data, unlimited))).toEqual({ id: 'o1', at: 5, amount: 1 });
});

test.each<[string, string, number]>([
  ['ASCII', 'aaaa', 6],
  ['two bytes each', 'ääää', 10],
  ['three bytes each', '你好你好', 14],
  ['four bytes each', '🎉🎉', 10],
  ['escapes', '\n\n"', 8],
])('the size is counted in UTF-8 bytes of the JSON text: %s', (_, text, bytes) => {
  const { encode } = defineCatalogue({ text: z.string() });
  expect(encode('text', text, bytes)).toBe(JSON.stringify(text));
  expect(failure(() => encode('text', text, bytes - 1)).code).toBe('DATA_TOO_LARGE');
});

test('what cannot be written as JSON is DATA_INVALID, with the cause where there is one', () => {
  const { encode } = defineCatalogue({ any: z.any() });
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const toJSON = () => {
    throw new Error('no');
  };
  for (const data of [circular, { n: 10n }, 10n, { toJSON }]) {
    const error = failure(() => encode('any', data, unlimited));
    expect([error.code, error.cause instanceof Error]).toEqual(['DATA_INVALID', true]);
  }
  for (const data of [undefined, () => 1, Symbol('s')]) {
    expect(failure(() => encode('any', data, unlimited)).code).toBe('DATA_INVALID');
  }
});

test('text that is ill-formed UTF-16 leaves as escapes, and reads back the same', () => {
  const { encode } = defineCatalogue({ text: z.string() });
  const json = encode('text', 'a\ud800b', unlimited);
  expect(json.isWellFormed()).toBe(true);
  expect(JSON.parse(json)).toBe('a\ud800b');
});

test('a catalogue cannot be changed afterwards', () => {
  const schemas = { message: z.null() };
  const catalogue = defineCatalogue(schemas);
  Object.assign(schemas, { later: z.null() });
  expect(failure(() => catalogue.encode('later', null, unlimited)).code).toBe('TYPE_UNKNOWN');
  expect(Object.isFrozen(catalogue) && Object.isFrozen(catalogue.types)).toBe(true);
});

test.each([
  ['an asynchronous schema', z.string().refine(async () => true)],
  [
    'a transform that throws',
    z.string().transform(() => {
      throw new TypeError('host bug');
    }),
  ],
])('%s is DATA_INVALID, with the cause', (_, schema) => {
  const faulty = defineCatalogue({ faulty: schema });
  expect(() => faulty.encode('faulty', 'x', 100)).toThrow(
    expect.objectContaining({ code: 'DATA_INVALID', cause: expect.any(Error) }),
  );
});
