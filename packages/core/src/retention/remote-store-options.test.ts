import { expect, test, vi } from 'vitest';
import { headRetention } from './remote-store-options.js';
import { retentionSchema } from './retention.js';

const day = 86_400_000;
const endless = { classes: [{ channels: ['all'], maxAgeMs: false as const }] };

test.each([
  ['400 days', undefined, {}, 400 * day],
  ['what was said', 8 * day, {}, 8 * day],
  ['as long as the log', 7 * day, {}, 7 * day],
  ['for ever, like the log', undefined, { maxAgeMs: false as const }, false],
  ['for ever, like the log of one class', undefined, endless, false],
])('a head is kept %s', (_, said, retention, kept) => {
  const refuse = vi.fn();
  expect(headRetention(said, retentionSchema.parse(retention), refuse)).toBe(kept);
  expect(refuse).not.toHaveBeenCalled();
});

test.each([
  ['its log', 7 * day - 1, {}],
  ['the log of one class', 8 * day, { classes: [{ channels: ['all'], maxAgeMs: 9 * day }] }],
  ['an endless log', 500 * day, endless],
  ['its log, by default', undefined, { maxAgeMs: 401 * day }],
])('a head must not go before %s', (_, said, retention) => {
  const refuse = vi.fn();
  headRetention(said, retentionSchema.parse(retention), refuse);
  expect(refuse).toHaveBeenCalledWith('must not be less than a maxAgeMs of retention');
});
