import { NotifyError } from '@realtime-notify/core';
import { describe, expect, test } from 'vitest';
import { callFailed, duplicatesIn, isRefusal, lacksTransactions } from './driver-errors.js';

const bulk = (fields: object): Error => Object.assign(new Error('E11000'), fields);

describe('which documents met a key that was there', () => {
  test('those that the driver names', () => {
    const writeErrors = [
      { code: 11_000, index: 1 },
      { code: 11_000, index: 4 },
    ];
    expect([...(duplicatesIn(bulk({ code: 11_000, writeErrors })) ?? [])]).toEqual([1, 4]);
  });

  test.each([
    [
      'another failure among them',
      [
        { code: 11_000, index: 0 },
        { code: 8_000, index: 1 },
      ],
    ],
    ['none named', []],
    ['something else', 'E11000'],
  ])('not known: %s', (_, writeErrors) => {
    expect(duplicatesIn(bulk({ writeErrors }))).toBeUndefined();
  });

  test('not known where what was written has not reached the majority', () => {
    const result = { getWriteConcernError: () => ({ code: 64 }) };
    const error = bulk({ writeErrors: [{ code: 11_000, index: 0 }], result });
    expect(duplicatesIn(error)).toBeUndefined();
  });

  test('not known of what is no error of a write', () => {
    expect(duplicatesIn(new Error('away'))).toBeUndefined();
    expect(duplicatesIn('away')).toBeUndefined();
  });
});

test('everything becomes ours once, with its cause', () => {
  const cause = new Error('connection closed');
  const ours = callFailed(cause);
  expect(ours).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, cause });
  expect(callFailed(ours)).toBe(ours);
  expect(NotifyError.is(callFailed('odd'))).toBe(true);
});

test('wrong credentials and certificates are refusals, an outage is none', () => {
  expect(isRefusal(Object.assign(new Error('no'), { code: 18 }))).toBe(true);
  expect(isRefusal(new Error('x', { cause: new Error('self-signed certificate') }))).toBe(true);
  expect(isRefusal(new Error('connect ECONNREFUSED'))).toBe(false);
});

test.each([
  [20, 'Transaction numbers are only allowed on a replica set member or mongos', true],
  [263, 'Cannot run in a multi-document transaction', true],
  [9, 'insert: unknown field "autocommit"', true],
  [20, 'cannot write to a view', false],
  [9, 'unknown field "colour"', false],
  [112, 'WriteConflict', false],
])('a server without transactions is told by its answer: %d %s', (code, message, lacks) => {
  expect(lacksTransactions(Object.assign(new Error(message), { code }))).toBe(lacks);
  expect(lacksTransactions(message)).toBe(false);
});

test('a stand-alone server is told by its answer, which the driver hides behind words of its own', () => {
  const errmsg = 'Transaction numbers are only allowed on a replica set member or mongos';
  const originalError = Object.assign(new Error(errmsg), { code: 20 });
  const said = new Error('This MongoDB deployment does not support retryable writes.');
  expect(lacksTransactions(Object.assign(said, { originalError }))).toBe(true);
});
