import { expect, test } from 'vitest';
import { driverMessage, isRefusal, MasterUnknown, withoutArguments } from './redis-refusal.js';

test.each([
  new Error('WRONGPASS invalid username-password pair or user is disabled.'),
  new Error('NOAUTH HELLO must be called with the client already authenticated'),
  new Error('NOPERM this user has no permissions'),
  new Error('All sentinels are unreachable and retry is disabled. Last error: NOAUTH needed'),
  new MasterUnknown('main'),
  new Error('ERR This instance has cluster support disabled'),
  Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
  Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }),
  Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
  Object.assign(new Error('x'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }),
])('%s is a refusal', (error) => {
  expect(isRefusal(error)).toBe(true);
});

test.each([
  undefined,
  'WRONGPASS',
  new Error('LOADING Redis is loading the dataset in memory'),
  new Error('a text with WRONGPASS in it'),
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
])('%s may mend itself', (error) => {
  expect(isRefusal(error)).toBe(false);
});

test('what is told of an error is one line, and no argument of a command', () => {
  expect(driverMessage(new Error('ERR x\nat script'))).toBe('ERR x');
  const alert = Object.assign(new Error('803C:error:0A00041A:...'), { reason: 'unknown ca' });
  expect(driverMessage(alert)).toBe('unknown ca');
  const all = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
  expect(driverMessage(all)).toBe('ECONNREFUSED');
  const command = { name: 'hello', args: ['3', 'AUTH', 'app', 's3cr3t'] };
  const error = withoutArguments(Object.assign(new Error('WRONGPASS'), { command }));
  expect(error).toMatchObject({ command: { name: 'hello' } });
  expect(JSON.stringify(error)).not.toContain('s3cr3t');
});
