import { expect, test } from 'vitest';
import { draftFields } from './draft-json.js';
import { storeOptionsSchema } from './store-options.js';

const options = storeOptionsSchema.parse({
  url: 'postgres://127.0.0.1/app',
  retention: { maxAgeMs: false, classes: [{ channels: ['group:'], maxCount: 3, maxBytes: false }] },
});
const draft = { channel: 'group:1', id: 'x', type: 't', time: 1, dataJson: '"\\u0000"' };

test('what is kept of the channel goes along, 0 where there is no limit', () => {
  expect(draftFields(draft, options)).toMatchObject({
    max_count: 3,
    max_age_ms: 0,
    max_bytes: 0,
    head_ms: 0,
    data: '"\\u0000"',
  });
  expect(draftFields({ ...draft, channel: 'user:1' }, options)).toMatchObject({
    max_count: 1_000,
    max_bytes: 8_388_608,
  });
});

test('PostgreSQL takes any key: what differs, differs still', () => {
  const keys = ['k', '\u0000', '\ud800', '\udbff', 'x'.repeat(200)].map((key) => {
    return Object(draftFields({ ...draft, idempotency: { key, digest: 'd' } }, options)).key;
  });
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/);
});
