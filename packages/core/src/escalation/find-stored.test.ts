import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { findStored } from './find-stored.js';

const channel = 'user:u1';
const hourMs = 3_600_000;

/** A log of items `n0`, `n1`, ... with these times, of which the newest so many are kept. */
async function logOf(times: readonly number[], maxCount = 10_000): Promise<ObservedStore> {
  const store = new ObservedStore(memoryStore({ retention: { maxCount } }));
  const fields = { channel, type: 'message', dataJson: '{}' };
  await store.append(times.map((time, i) => ({ ...fields, time, id: `n${i}` })));
  return store;
}

test('finds all that is wanted and kept, whatever the length of the log, the oldest first', async () => {
  const property = fc.asyncProperty(
    fc.nat(450),
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 9 }),
    async (length, maxCount, most, nth) => {
      const store = await logOf(
        Array.from({ length }, () => hourMs),
        maxCount,
      );
      const isWanted = ({ offset }: { readonly offset: number }) => offset % nth === 0;
      const found = await findStored(store, channel, { since: hourMs, most, isWanted });
      const offsets = Array.from({ length }, (_, i) => i + 1).slice(-maxCount);
      const wanted = offsets.filter((offset) => isWanted({ offset }));
      expect(found.map(({ offset }) => offset)).toEqual(wanted.slice(-most));
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('stops where all is older by more than clocks are apart', async () => {
  const old = Array.from({ length: 1_000 }, () => hourMs);
  const store = await logOf([...old, ...Array.from({ length: 50 }, () => 2 * hourMs)]);
  const isWanted = ({ id }: { readonly id: string }) => id === 'n0';
  expect(await findStored(store, channel, { since: 2 * hourMs, most: 1, isWanted })).toEqual([]);
  expect(store.reads).toHaveLength(2);
  const since = hourMs + 600_000;
  expect(await findStored(store, channel, { since, most: 1, isWanted })).toHaveLength(1);
});

test('a channel that was never appended to is not read', async () => {
  const store = await logOf([]);
  const wanted = { since: 0, most: 1, isWanted: () => true };
  expect(await findStored(store, channel, wanted)).toEqual([]);
  expect(store.reads).toEqual([]);
});
