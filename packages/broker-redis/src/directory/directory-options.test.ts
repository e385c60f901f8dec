import { silentLogger } from '@realtime-notify/core';
import { expect, test } from 'vitest';
import { redisDirectory } from '../index.js';
import { directoryOptionsSchema } from './directory-options.js';

const url = 'redis://127.0.0.1:1';
const sink = { resync: () => {}, presence: () => {}, status: () => {} };

test('defaults', () => {
  expect(directoryOptionsSchema.parse({ url })).toEqual({
    source: { at: { host: '127.0.0.1', port: 1 }, database: 0 },
    keyPrefix: 'rn:',
    leaseMs: 15_000,
    commandTimeoutMs: 5_000,
    maxReconnectDelayMs: 2_000,
    maxPendingCommands: 10_000,
    logger: silentLogger,
  });
});

test.each([
  ['no address', {}, 'pass one of url'],
  ['an unknown name', { url, lease: 3 }, 'lease'],
  ['a lease that no node could renew in time', { url, leaseMs: 10 }, 'leaseMs'],
  ['a prefix that would move the keys', { url, keyPrefix: '{rn}' }, 'must hold no braces'],
])('%s is refused', (_, options, message) => {
  // Deliberately wrong: what an untyped caller could pass.
  const untyped = options as Parameters<typeof redisDirectory>[0];
  expect(() => redisDirectory(untyped)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});

test('nothing is connected before start, and a node id must fit into an entry', async () => {
  const directory = redisDirectory({ url });
  await expect(directory.where(['1'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await expect(directory.start('a b', sink)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  await directory.drain();
  await directory.close();
});

test.each([
  ['Redis', { url }],
  ['the Cluster', { cluster: { nodes: [{ host: '127.0.0.1', port: 1 }] } }],
])('start resolves while %s is unreachable, and calls reject', async (_, address) => {
  const directory = redisDirectory(address);
  const states: string[] = [];
  await directory.start('n', { ...sink, status: ({ state }) => states.push(state) });
  expect(states).toEqual(['down']);
  const unavailable = { code: 'DIRECTORY_UNAVAILABLE', retryable: true };
  await expect(directory.where(['1'])).rejects.toMatchObject(unavailable);
  await expect(directory.add(['1'])).rejects.toMatchObject(unavailable);
  await directory.close();
});
