import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import type { AppendOutcome, Draft } from '../ports/store.js';
import { queueParts } from '../test-doubles/queue-parts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const users = ['a', 'b', 'c'];
const away = () => new NotifyError('STORE_UNAVAILABLE', 'away');

/** What becomes of one call of `append`, and after how long. */
const fate = fc.record({
  kind: fc.constantFrom('works', 'works', 'refuses', 'loses the answer', 'fails in part'),
  ms: fc.nat(40),
});

const step = fc.record({
  audience: fc.uniqueArray(fc.constantFrom(...users), { minLength: 1 }),
  keyed: fc.boolean(),
  waitMs: fc.nat(20),
});

test('G1 G5 G9 whatever the store does for a while: each channel has what was enqueued, in order, once, within the bounds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(fate, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 10 }),
      async (steps, fates, enqueueConcurrency, maxEnqueued) => {
        const parts = queueParts({ enqueueConcurrency, maxEnqueued, enqueuePatienceMs: 600_000 });
        const { store, queue, undelivered } = parts;
        const append = store.append.bind(store);
        let underWay = 0;
        let most = 0;
        const busy = new Set<string>();
        const overlaps: string[] = [];
        store.append = async (drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> => {
          const { kind, ms } = fates.shift() ?? { kind: 'works', ms: 0 };
          underWay += 1;
          most = Math.max(most, underWay);
          for (const { channel } of drafts) {
            if (busy.has(channel)) overlaps.push(channel);
            busy.add(channel);
          }
          try {
            await new Promise((resolve) => setTimeout(resolve, ms));
            if (kind === 'refuses') throw away();
            const done = kind === 'fails in part' ? drafts.slice(1) : drafts;
            const outcomes = await append(done);
            if (kind === 'loses the answer') throw away();
            const missing = drafts.length - done.length;
            const failed = { status: 'failed', error: away() } as const;
            return [...Array.from({ length: missing }, () => failed), ...outcomes];
          } finally {
            underWay -= 1;
            for (const { channel } of drafts) busy.delete(channel);
          }
        };
        const accepted: { readonly n: number; readonly audience: readonly string[] }[] = [];
        for (const [n, { audience, keyed, waitMs }] of steps.entries()) {
          const isFull = queue.size === maxEnqueued;
          const key = keyed ? { idempotencyKey: `k${n}` } : {};
          const add = () =>
            queue.enqueue({ to: { users: audience }, type: 'message', data: { n }, ...key });
          if (isFull) expect(add).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
          else {
            add();
            accepted.push({ n, audience });
          }
          await vi.advanceTimersByTimeAsync(waitMs);
        }
        await Promise.all([queue.drain(), vi.advanceTimersByTimeAsync(500_000)]);
        await vi.advanceTimersByTimeAsync(1_000);
        expect(undelivered).toEqual([]);
        expect(parts.notified).toHaveLength(accepted.length);
        expect(overlaps).toEqual([]);
        expect(most).toBeLessThanOrEqual(enqueueConcurrency);
        for (const user of users) {
          const enqueued = accepted.filter(({ audience }) => audience.includes(user));
          expect(await parts.log(user)).toEqual(enqueued.map(({ n }) => n));
          const offsets = parts
            .published()
            .filter(({ channel }) => channel === `user:${user}`)
            .map(({ offset }) => offset ?? 0);
          expect(offsets).toEqual([...new Set(offsets)].sort((one, other) => one - other));
        }
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});
