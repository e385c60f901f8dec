import { expect, test } from 'vitest';
import { shardCount, shardKeys, shardOf } from './directory-keys.js';

test('the keys of a part share one hash tag, as all nodes must name them', () => {
  const { connections, leases, heldBy } = shardKeys('rn:', 7);
  expect([connections, leases, heldBy('n1')]).toEqual([
    'rn:sse_connections:{7}',
    'rn:sse_leases:{7}',
    'rn:sse_held:{7}:n1',
  ]);
});

test('users stand in fixed parts, spread evenly', () => {
  expect(['u1', 'ü', ''].map(shardOf)).toEqual([3, 10, 5]);
  const sizes = new Array<number>(shardCount).fill(0);
  for (let i = 0; i < 16_000; i += 1) {
    const shard = shardOf(`user-${i}`);
    sizes[shard] = (sizes[shard] ?? 0) + 1;
  }
  for (const size of sizes) expect(size).toBeGreaterThan(800);
});
