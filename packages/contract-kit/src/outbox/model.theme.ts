import fc from 'fast-check';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { idsOf, type OpenTransaction, type OutboxTheme } from './outbox-harness.js';
import { OutboxModel } from './outbox-model.js';

const channelCount = 3;
const slot = fc.nat(1);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('put' as const),
      slot,
      channels: fc.array(fc.nat(channelCount - 1), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('commit' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('rollback' as const), slot }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('relay' as const),
      peer: fc.nat(1),
      maxDrafts: fc.integer({ min: 1, max: 5 }),
    }),
  },
);

export function modelTheme({ book, bench }: OutboxTheme): void {
  book.clause('O-MODEL', 'transactions that overlap, relays in between', async () => {
    const peers = await bench.peers(2);
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 40 }),
      async (steps) => {
        const channels = Array.from({ length: channelCount }, () => freshChannel());
        const model = new OutboxModel();
        const open = new Map<number, { number: number; transaction: OpenTransaction }>();
        let begun = 0;
        for (const each of steps) {
          if (each.op === 'relay') {
            await (peers[each.peer] ?? peers[0]).outbox.relay(each.maxDrafts);
          } else if (each.op === 'put') {
            begun += 1;
            const { number, transaction } = open.get(each.slot) ?? {
              number: begun,
              transaction: await bench.begin(peers[0]),
            };
            open.set(each.slot, { number, transaction });
            const drafts = each.channels.map((i) => sampleDraft(channels[i] ?? ''));
            await peers[0].outbox.put(transaction.session, drafts);
            model.put(number, drafts);
          } else {
            const ended = open.get(each.slot);
            if (ended === undefined) continue;
            open.delete(each.slot);
            await ended.transaction[each.op]();
            if (each.op === 'commit') model.commit(ended.number);
          }
        }
        for (const { transaction } of open.values()) await transaction.rollback();
        await bench.relayUntil(peers[0], channels, model.committed);
        for (const channel of channels) {
          expect(model.faultOf(channel, await idsOf(peers[0].store, channel))).toBeUndefined();
        }
      },
    );
    await fc.assert(property, { numRuns: bench.modelRuns });
  });
}
