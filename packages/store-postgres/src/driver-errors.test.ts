import { expect, test } from 'vitest';
import { isOutage, isRefusal, isUndone, messageOf, SchemaRefused } from './driver-errors.js';

const withCode = (code: string, message = 'x'): Error =>
  Object.assign(new Error(message), { code });

test.each([
  ['ECONNREFUSED', true, false, false],
  ['08006', true, false, false],
  ['53300', true, false, false],
  ['57P01', true, false, false],
  ['57P03', true, false, false],
  ['25006', true, false, false],
  ['28P01', true, true, false],
  ['3D000', true, true, false],
  ['42501', true, true, false],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true, true, false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true, true, false],
  ['40001', false, false, true],
  ['40P01', false, false, true],
  ['57014', false, false, false],
  ['22021', false, false, false],
])('%s: outage %s, refusal %s, undone %s', (code, outage, refusal, undone) => {
  const error = withCode(code);
  expect([isOutage(error), isRefusal(error), isUndone(error)]).toEqual([outage, refusal, undone]);
});

test('what has no code is an outage, unless it says that it will not get better', () => {
  expect(isOutage(new Error('Connection terminated'))).toBe(true);
  expect(isRefusal(new Error('Connection terminated'))).toBe(false);
  expect(isRefusal(new Error('The server does not support SSL connections'))).toBe(true);
  expect(isRefusal(new SchemaRefused('newer'))).toBe(true);
});

test('of several addresses the first says why', () => {
  const errors = [withCode('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432'), new Error('other')];
  expect(messageOf(new AggregateError(errors))).toBe('connect ECONNREFUSED ::1:5432');
  expect(messageOf(new AggregateError([]))).toBe('AggregateError');
});
