import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { type MemoryTransaction, memoryTransaction } from '../memory/memory-transaction.js';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { OutboxStore } from '../test-doubles/observed-outbox.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const users = ['1', '2', '3'];
const nodes = 3;

const node = fc.nat(nodes - 1);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('notify' as const),
      slot: fc.nat(2),
      node,
      users: fc.subarray(users, { minLength: 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('commit' as const), slot: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('rollback' as const), slot: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('kill' as const), node }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.nat(1_500) }) },
);

/** A relay's call takes so long before and after the store has done it. */
const delays = fc.array(fc.record({ before: fc.nat(30), after: fc.nat(30) }), {
  minLength: 1,
  maxLength: 8,
});

interface Put {
  readonly n: number;
  readonly users: readonly string[];
  readonly at: number;
  readonly transaction: Transaction;
}

interface Transaction {
  readonly session: MemoryTransaction;
  committedAt: number;
}

test('each transaction that commits is shown once and in order, whichever relays are killed; others never', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 40 }),
    delays,
    async (steps, slow) => {
      const store = new OutboxStore(memoryStore());
      let calls = 0;
      store.outbox.tells = calls % 2 === 0;
      const delayed = (when: 'before' | 'after') => async (): Promise<void> => {
        calls += 1;
        store.outbox.tells = calls % 2 === 0;
        const ms = slow[calls % slow.length]?.[when] ?? 0;
        await new Promise((resolve) => setTimeout(resolve, ms));
      };
      store.outbox.before = delayed('before');
      store.outbox.after = delayed('after');
      const start = async (relay = true) => {
        const { notifier } = testNotifier({ store, relay, positionCheckMs: 1_000 });
        await Promise.all([notifier.start(), settle()]);
        return notifier;
      };
      const running = [await start(), await start(), await start()];
      const watching = await start(false);
      const outlets = await Promise.all(
        users.map(async (userId) => {
          const opening = attached(watching, { userId });
          await settle();
          return (await opening).outlet;
        }),
      );
      const open = new Map<number, Transaction>();
      const puts: Put[] = [];
      for (const [at, each] of steps.entries()) {
        if (each.op === 'wait') {
          await settle(each.ms);
        } else if (each.op === 'kill') {
          await running[each.node]?.close();
          running[each.node] = await start();
        } else if (each.op === 'notify') {
          const transaction = open.get(each.slot) ?? {
            session: memoryTransaction(),
            committedAt: Number.POSITIVE_INFINITY,
          };
          open.set(each.slot, transaction);
          const request = { to: { users: each.users }, type: 'message', data: { n: at } } as const;
          const { session } = transaction;
          await running[each.node]?.notify(request, { session });
          puts.push({ n: at, users: each.users, at, transaction });
        } else {
          const transaction = open.get(each.slot);
          open.delete(each.slot);
          await transaction?.session[each.op]();
          if (transaction !== undefined && each.op === 'commit') transaction.committedAt = at;
        }
      }
      await settle(5_000);
      for (const [i, user] of users.entries()) {
        const expected = puts.filter(
          (put) => put.users.includes(user) && put.transaction.committedAt < steps.length,
        );
        const [page] = await store.readAfter([{ channel: `user:${user}`, after: 0, limit: 1_000 }]);
        const log = (page?.items ?? []).map(({ dataJson }) => Number(JSON.parse(dataJson).n));
        expect(log.toSorted((a, b) => a - b)).toEqual(expected.map(({ n }) => n));
        for (const later of expected) {
          const before = expected.filter(
            ({ n, transaction }) =>
              n < later.n &&
              (transaction === later.transaction || transaction.committedAt < later.at),
          );
          for (const { n } of before) expect(log.indexOf(n)).toBeLessThan(log.indexOf(later.n));
        }
        const shown = outlets[i]?.offsets(`user:${user}`);
        expect(shown).toEqual(expected.map((_, place) => place + 1));
      }
      await Promise.all([...running, watching].map((notifier) => notifier.close()));
    },
  );
  await fc.assert(property, { numRuns: 40 });
}, 60_000);
