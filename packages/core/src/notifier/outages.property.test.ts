import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { queueParts } from '../test-doubles/queue-parts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const users = ['a', 'b', 'c'];
const away = () => new NotifyError('STORE_UNAVAILABLE', 'away');
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How the store is, for a while. `hangs`: no answer, and what it was asked may be done all the same. */
const weather = fc.constantFrom(
  'works' as const,
  'refuses' as const,
  'takes no appends' as const,
  'hangs' as const,
  'hangs, and does it' as const,
);

const step = fc.oneof(
  fc.record({ do: fc.constant('turn' as const), weather, waitMs: fc.nat(8_000) }),
  fc.record({
    do: fc.constantFrom('notify' as const, 'notify' as const, 'enqueue' as const),
    audience: fc.uniqueArray(fc.constantFrom(...users), { minLength: 1 }),
    keyed: fc.boolean(),
    waitMs: fc.nat(300),
  }),
);

test('G1 G5 G6 whatever outages the store has: what was accepted is stored once, in order, and each change told once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25, size: 'max' }),
      fc.constantFrom('reject' as const, 'buffer' as const),
      fc.integer({ min: 1, max: 3 }),
      async (steps, whenStoreDown, enqueueConcurrency) => {
        const parts = queueParts({
          whenStoreDown,
          enqueueConcurrency,
          enqueuePatienceMs: 3_600_000,
          unstoredPatienceMs: 3_600_000,
        });
        const { store, queue, publisher, states } = parts;
        let now: typeof weather extends fc.Arbitrary<infer W> ? W : never = 'works';
        store.before.set('append', async () => {
          if (now === 'refuses' || now === 'takes no appends') throw away();
          if (now !== 'hangs') return;
          await pause(5_000);
          throw away();
        });
        store.after.set('append', async () => {
          if (now !== 'hangs, and does it') return;
          await pause(5_000);
          throw away();
        });
        store.before.set('positions', async () => {
          if (now === 'works' || now === 'takes no appends') return;
          if (now !== 'refuses') await pause(5_000);
          throw away();
        });
        const accepted = new Map(users.map((user) => [user, [] as number[]]));
        const enqueued = new Set<number>();
        for (const [n, each] of steps.entries()) {
          if (each.do === 'turn') {
            now = each.weather;
            await vi.advanceTimersByTimeAsync(each.waitMs);
            continue;
          }
          const key = each.keyed ? { idempotencyKey: `k${n}` } : {};
          const request = { to: { users: each.audience }, type: 'message', data: { n }, ...key };
          let isAccepted = true;
          if (each.do === 'enqueue') {
            queue.enqueue(request);
            enqueued.add(n);
          } else {
            const publishing = publisher.publish(request).then(
              ({ stored, buffered }) => {
                expect(stored).toBe(!buffered);
                if (whenStoreDown === 'reject') expect(stored).toBe(true);
              },
              (error: unknown) => {
                isAccepted = false;
                expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
                expect(whenStoreDown).toBe('reject');
              },
            );
            await Promise.all([publishing, vi.advanceTimersByTimeAsync(12_000)]);
          }
          if (isAccepted) for (const user of each.audience) accepted.get(user)?.push(n);
          await vi.advanceTimersByTimeAsync(each.waitMs);
        }
        now = 'works';
        await Promise.all([queue.drain(), vi.advanceTimersByTimeAsync(30_000)]);
        expect(parts.undelivered).toEqual([]);
        for (const user of users) {
          const expected = accepted.get(user) ?? [];
          const log = await parts.log(user);
          // What was rejected may have been stored all the same; never twice.
          expect(new Set(log).size).toBe(log.length);
          const ours = log.filter((n) => expected.includes(n));
          for (const isOfKind of [(n: number) => enqueued.has(n), (n: number) => !enqueued.has(n)])
            expect(ours.filter(isOfKind)).toEqual(expected.filter(isOfKind));
        }
        for (const [i, state] of states.entries()) expect(state).toBe(i % 2 === 0 ? 'down' : 'up');
        expect(queue.size).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});
