import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClientFrame } from './client-frame.js';

test.each([
  { t: 'ping' },
  { t: 'hello' },
  { t: 'hello', token: 'x', groups: ['g1'], cursor: 'c1' },
  { t: 'subscribe', ref: 1, group: 'g1' },
  { t: 'subscribe', ref: 'a', group: 'g1', cursor: 'c1' },
  { t: 'unsubscribe', ref: 1, group: 'g1' },
])('%j is a frame', (frame) => {
  expect(parseClientFrame(JSON.stringify(frame))).toEqual({ frame });
});

test.each([
  '',
  'null',
  '[]',
  '{"t":"ready"}',
  '{"t":"ping","x":1}',
  '{"t":"subscribe","group":"g1"}',
  '{"t":"subscribe","ref":1,"group":""}',
  '{"t":"hello","groups":"g1"}',
  `{"t":"hello","cursor":"${'x'.repeat(3_000)}"}`,
  '{"__proto__":{"t":"ping"}}',
  '['.repeat(100_000),
])('%s is none', (text) => {
  expect(parseClientFrame(text)).toEqual({ fault: expect.any(String) });
});

test('nothing a client sends makes it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.json({ depthSize: 'large' })), (text) => {
      expect(Object.keys(parseClientFrame(text))).toHaveLength(1);
    }),
    { numRuns: 2_000 },
  );
});
