import { expect, test } from 'vitest';
import { redirectionOf } from './redirection.js';

test.each([
  ['MOVED 3999 127.0.0.1:6381', { kind: 'moved', to: { host: '127.0.0.1', port: 6_381 } }],
  ['MOVED 3999 ::1:6381', { kind: 'moved', to: { host: '::1', port: 6_381 } }],
  ['MOVED 3999 :6381', { kind: 'moved', to: undefined }],
  ['ASK 3999 redis-b:6381', { kind: 'asked', to: { host: 'redis-b', port: 6_381 } }],
  ['TRYAGAIN Multiple keys request during rehashing of slot', { kind: 'later' }],
  ['CLUSTERDOWN The cluster is down', undefined],
  ['ERR no MOVED 3999 127.0.0.1:6381', undefined],
])('%s', (message, expected) => {
  expect(redirectionOf(new Error(message))).toEqual(expected);
});
