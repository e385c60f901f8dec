import { NotifyError } from '@realtime-notify/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerOf, makeNotifier, serve } from '../test/serving.js';
import { publishHandler } from './publish-handler.js';

const notifier = makeNotifier();
beforeAll(() => notifier.start());
afterAll(() => notifier.close());

const cases: [string, () => Promise<boolean> | boolean, number, string | undefined][] = [
  ['true', () => true, 202, undefined],
  ['false', async () => false, 403, 'FORBIDDEN'],
  [
    'unauthenticated',
    () => Promise.reject(new NotifyError('UNAUTHENTICATED', 'who?')),
    401,
    'UNAUTHENTICATED',
  ],
  ['undecided', () => Promise.reject(new Error('directory down')), 503, 'UNAVAILABLE'],
];
test.each(cases)('%s', async (_, authorizePublish, status, code) => {
  const own = await serve(publishHandler(notifier, { authorizePublish }));
  const answer = await answerOf(
    await fetch(own.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"to":{"user":"u1"},"type":"message","data":{"text":"hello"}}',
    }),
  );
  expect(answer.status).toBe(status);
  expect(answer.body.code).toBe(code);
  expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
  expect(answer.headers.has('retry-after')).toBe(status === 503);
  own.server.close();
});

test('must be written out', () => {
  const making = (options: object) => () => publishHandler(notifier, options);
  expect(making({})).toThrow(expect.objectContaining({ code: 'AUTHENTICATION_MISSING' }));
  expect(making({ open: false })).toThrow(
    expect.objectContaining({ code: 'AUTHENTICATION_MISSING' }),
  );
  expect(making({ open: true, authorizePublish: () => true })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
  expect(making({ open: true, maxBytes: 1 })).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID' }),
  );
});
