import { expect, test } from 'vitest';
import { z } from 'zod';
import { resolveOptions } from './resolve-options.js';

const schema = z.strictObject({
  periodMs: z.number().min(1).default(1_000),
  retry: z.strictObject({ max: z.int() }).optional(),
});

test('defaults are filled in, and the result cannot be changed', () => {
  const options = { retry: { max: 3 } };
  const resolved = resolveOptions(schema, options, 'make');
  expect(resolved).toEqual({ periodMs: 1_000, retry: { max: 3 } });
  expect(Object.isFrozen(resolved)).toBe(true);
  expect(options).toEqual({ retry: { max: 3 } });
});

test.each<[string, unknown, RegExp]>([
  ['a wrong value', { periodMs: 0 }, /^make: periodMs: /],
  ['a wrong value further in', { retry: { max: 0.5 } }, /^make: retry\.max: /],
  ['an unknown name', { periodMs: 1, perid: 2 }, /^make: .*perid/],
  ['no object', 7, /^make: /],
])('%s is OPTIONS_INVALID and named', (_, options, message) => {
  expect(() => resolveOptions(schema, options, 'make')).toThrow(
    expect.objectContaining({
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(message),
      cause: expect.any(z.ZodError),
    }),
  );
});
