import { expect, test } from 'vitest';
import { postgresStore } from './index.js';
import { storeOptionsSchema } from './store-options.js';

const url = 'postgres://127.0.0.1:1/app';
const pool = { connect: () => {}, on: () => {}, off: () => {} };

test('defaults', () => {
  const { logger, ...settings } = storeOptionsSchema.parse({ url });
  expect(settings).toEqual({
    source: { url },
    schema: 'realtime_notify',
    migrate: true,
    retention: {
      classes: [],
      rest: { maxCount: 1_000, maxAgeMs: 604_800_000, maxBytes: 8_388_608 },
    },
    headRetentionMs: 34_560_000_000,
    idempotencyWindowMs: 300_000,
    commandTimeoutMs: 5_000,
    startTimeoutMs: 10_000,
    maxReconnectDelayMs: 2_000,
    maxPendingCalls: 10_000,
  });
  expect(storeOptionsSchema.parse({ pool }).source).toBe(pool);
});

test.each([
  ['no address', {}, 'pass one of url and pool'],
  ['two addresses', { url, pool }, 'url: goes with a url, not with a pool'],
  ['a login for a pool', { pool, password: 'x' }, 'password: goes with a url'],
  ['an unknown name', { url, maxLogCount: 3 }, 'maxLogCount'],
  ['another scheme', { url: 'http://x' }, 'url: must begin with postgres://'],
  ['what is no address', { url: 'postgres://:x:y' }, 'url: is not a URL'],
  ['what is no pool', { pool: {} }, 'pool: must be a Pool of pg'],
  ['a schema to be quoted', { url, schema: 'My Schema' }, 'schema: is [a-z_]'],
  ['no connection but the listening one', { url, maxConnections: 1 }, 'maxConnections'],
  [
    'a pool of one',
    { pool: { ...pool, options: { max: 1 } } },
    'pool: must have a max of 2 or more',
  ],
  ['a log of nothing', { url, retention: { maxCount: 0 } }, 'retention.maxCount'],
  [
    'a head shorter than the log',
    { url, headRetentionMs: 1_000 },
    'headRetentionMs: must not be less',
  ],
  ['an unknown certificate', { url, tls: { rejectUnauthorized: false } }, 'tls'],
])('%s is refused', (_, options, message) => {
  // Deliberately wrong: what an untyped caller could pass.
  const untyped = options as Parameters<typeof postgresStore>[0];
  expect(() => postgresStore(untyped)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});
