import fc from 'fast-check';
import type { InboxTheme } from './inbox-harness.js';
import { InboxModel, type InboxStep } from './inbox-model.js';

const mark = fc.constantFrom(
  'markSeen',
  'markRead',
  'markUnread',
  'archive',
  'unarchive',
  'remove',
);
const step: fc.Arbitrary<InboxStep> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('send'),
      to: fc.constantFrom('me', 'all', 'group'),
      type: fc.constantFrom('news', 'promo'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('mark'),
      mark,
      picks: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('markAll'), mark }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('mute', 'unmute') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('list'),
      unread: fc.boolean(),
      limit: fc.integer({ min: 1, max: 8 }),
    }),
  },
);

export function modelTheme({ book, bench }: InboxTheme): void {
  book.clause('I-MODEL', 'random sequences of operations over two nodes', async () => {
    const steps = fc.array(step, { maxLength: 30 });
    const property = fc.asyncProperty(steps, async (sequence) => {
      const stage = await bench.stage({}, { nodes: 2 });
      try {
        const { counts, cursor } = await stage.inbox(['g1']).list();
        const device = await stage.device(['g1'], cursor);
        const model = new InboxModel(stage);
        for (const [i, each] of sequence.entries()) await model.check(each, i % 2);
        await stage.eventually(() => model.mustBeKnownTo(device, counts));
      } finally {
        await bench.closeAll();
      }
    });
    await fc.assert(property, { numRuns: bench.modelRuns });
  });
}
