import { expect, test } from 'vitest';
import { redisStore } from './index.js';
import { storeOptionsSchema } from './store-options.js';

const url = 'redis://127.0.0.1:1';

test('defaults', () => {
  const { logger, ...settings } = storeOptionsSchema.parse({ url });
  expect(settings).toEqual({
    source: { at: { host: '127.0.0.1', port: 1 }, database: 0 },
    keyPrefix: 'rn:',
    retention: {
      classes: [],
      rest: { maxCount: 1_000, maxAgeMs: 604_800_000, maxBytes: 8_388_608 },
    },
    headRetentionMs: 34_560_000_000,
    idempotencyWindowMs: 300_000,
    commandTimeoutMs: 5_000,
    startTimeoutMs: 10_000,
    maxReconnectDelayMs: 2_000,
    maxPendingCommands: 20_000,
  });
});

test.each([
  ['no address', {}, 'pass one of url, sentinel, cluster and redis'],
  ['an unknown name', { url, maxLogCount: 3 }, 'maxLogCount'],
  ['another scheme', { url: 'http://x' }, 'url: must begin with redis://'],
  ['what is no client', { redis: {} }, 'redis: must be an ioredis client'],
  ['a cluster client', { redis: { duplicate: () => {}, isCluster: true } }, 'not a Cluster'],
  ['braces in the prefix', { url, keyPrefix: 'a{b' }, 'keyPrefix: must not contain braces'],
  ['a log of nothing', { url, retention: { maxCount: 0 } }, 'retention.maxCount'],
  [
    'a head shorter than the log',
    { url, headRetentionMs: 1_000 },
    'headRetentionMs: must not be less',
  ],
])('%s is refused', (_, options, message) => {
  // Deliberately wrong: what an untyped caller could pass.
  const untyped = options as Parameters<typeof redisStore>[0];
  expect(() => redisStore(untyped)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});
