import fc from 'fast-check';
import { freshChannel } from '../samples.js';
import type { StoreTheme } from './store-harness.js';
import { type Operation, StoreModel } from './store-model.js';

const channelCount = 3;
const retention = { maxCount: 4, maxBytes: 16 };

const channelIndex = fc.nat({ max: channelCount - 1 });
const draft = fc.record({
  channel: channelIndex,
  // Most without a key, so that logs grow long enough to be trimmed.
  key: fc.constantFrom('k1', 'k2', undefined, undefined, undefined, undefined),
  // Of 3, 3, 9 and 20 bytes: by count, by bytes, and more than all bytes at once.
  content: fc.constantFrom('"a"', '"b"', '"Grüße"', '"123456789012345678"'),
});
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ op: fc.constant('append'), drafts: fc.array(draft, { maxLength: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('read'),
      requests: fc.array(
        fc.record({
          channel: channelIndex,
          after: fc.nat(12),
          limit: fc.integer({ min: 1, max: 6 }),
        }),
        { maxLength: 4 },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('positions') }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('renew'), channel: channelIndex, stale: fc.boolean() }),
  },
);

export function modelTheme({ book, bench }: StoreTheme): void {
  book.clause('S-MODEL', 'random sequences of operations', async () => {
    const stores = await bench.peers(2, { retention });
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 25 }),
      async (operations) => {
        const channels = Array.from({ length: channelCount }, () => freshChannel());
        const model = new StoreModel(channels, retention);
        for (const [i, step] of operations.entries()) {
          await model.check(stores[i % stores.length] ?? stores[0], step);
        }
      },
    );
    await fc.assert(property, { numRuns: bench.modelRuns });
  });
}
