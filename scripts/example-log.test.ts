import { expect, test } from 'vitest';
import { oneLine } from '../examples/shared/src/log.js';
import { NotifyError } from '../packages/core/src/index.js';

test('a log line says what lies behind an error, once', () => {
  const cause = new Error('connect\nECONNREFUSED');
  const error = (message: string) => new NotifyError('STORE_UNAVAILABLE', message, { cause });
  expect(oneLine(error('no link'))).toBe('STORE_UNAVAILABLE: no link (connect ECONNREFUSED)');
  expect(oneLine(error('no link: connect\nECONNREFUSED'))).toBe(
    'STORE_UNAVAILABLE: no link: connect ECONNREFUSED',
  );
});
