import { expect, test, vi } from 'vitest';
import { type ErrorCode, errorCodes } from './error-codes.js';
import { NotifyError } from './notify-error.js';

const codes = Object.keys(errorCodes) as ErrorCode[];

test('a caller may try again exactly where the failure can pass', () => {
  expect(codes.filter((code) => new NotifyError(code, 'm').retryable)).toEqual([
    'HEAD_MOVED',
    'GROUPS_UNAVAILABLE',
    'ESCALATION_FAILED',
    'LIMIT_EXCEEDED',
    'OVERLOADED',
    'REVOKE_UNCONFIRMED',
    'STORE_UNAVAILABLE',
    'BROKER_UNAVAILABLE',
    'DIRECTORY_UNAVAILABLE',
    'RECIPIENTS_UNCHECKED',
    'NOT_STARTED',
  ]);
});

test.each(codes)('%s has a meaning and an advice, each a sentence', (code) => {
  expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  expect(errorCodes[code].meaning).toMatch(/^[A-Z].+\.$/);
  expect(errorCodes[code].advice).toMatch(/^[A-Z].+\.$/);
});

test('an error carries its code, message and cause', () => {
  const cause = new Error('ECONNREFUSED');
  const error = new NotifyError('STORE_UNAVAILABLE', 'the store did not answer', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'NotifyError',
    code: 'STORE_UNAVAILABLE',
    message: 'the store did not answer',
    cause,
  });
  expect(new NotifyError('CLOSED', 'm')).not.toHaveProperty('cause');
});

test('it names what it failed on, and keeps that out of logs that write all fields', () => {
  const failures = [{ channel: 'user:1', code: 'STORE_UNAVAILABLE' }] as const;
  const error = new NotifyError('STORE_UNAVAILABLE', 'm', { failures });
  expect(error.failures).toBe(failures);
  expect(JSON.stringify({ ...error })).not.toContain('user:1');
  expect(new NotifyError('STORE_UNAVAILABLE', 'm').failures).toBeUndefined();
});

test('an error of another installed copy is recognised, anything else is not', async () => {
  vi.resetModules();
  const copy = await import('./notify-error.js');
  const foreign = new copy.NotifyError('CLOSED', 'm');
  expect(foreign).not.toBeInstanceOf(NotifyError);
  expect(NotifyError.is(foreign)).toBe(true);
  expect(NotifyError.is(new NotifyError('CLOSED', 'm'))).toBe(true);
  const lookalike = { name: 'NotifyError', code: 'CLOSED', message: 'm', retryable: false };
  for (const other of [lookalike, new Error('CLOSED'), 'CLOSED', null, undefined, 7]) {
    expect(NotifyError.is(other)).toBe(false);
  }
});
