import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import type { Envelope } from '../notification/notification.js';
import { appendOne, sampleEphemeral, sampleStored } from '../test-doubles/envelopes.js';
import { openFeed, RecordingFollower } from '../test-doubles/feed-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';

const channel = 'user:1';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** One thing that happens to a feed. A number picks one of the envelopes there are. */
type Step =
  | { readonly kind: 'append'; readonly arrival: 'at once' | 'later' | 'never' | 'twice' }
  | { readonly kind: 'arrive'; readonly pick: number }
  | { readonly kind: 'echo'; readonly pick: number }
  | { readonly kind: 'ephemeral' }
  | { readonly kind: 'forged'; readonly offset: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'outage'; readonly of: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      arrival: fc.constantFrom('at once', 'at once', 'later', 'never', 'twice'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('arrive' as const), pick: fc.nat(99) }) },
  fc.record({ kind: fc.constant('echo' as const), pick: fc.nat(99) }),
  fc.record({ kind: fc.constant('ephemeral' as const) }),
  fc.record({ kind: fc.constant('forged' as const), offset: fc.integer({ min: 1, max: 40 }) }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 5, 30) }),
  },
  fc.record({ kind: fc.constant('outage' as const), of: fc.boolean() }),
);

test('G1 G2 G4 however envelopes arrive, a follower sees every stored one once and in order', async () => {
  const shape = fc.record({
    steps: fc.array(step, { maxLength: 40 }),
    seeded: fc.nat(3),
    pageItems: fc.constantFrom(1, 2, 3, 100),
    maxHeld: fc.constantFrom(1, 4, 1_024),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ steps, seeded, pageItems, maxHeld }) => {
      const store = new ObservedStore(memoryStore());
      for (let n = 1; n <= seeded; n += 1) await appendOne(store, channel, n);
      const feed = await openFeed(store, channel, { reorderMs: 5, pageItems, maxHeld });
      const follower = new RecordingFollower();
      feed.join(follower);
      const stored: Envelope[] = [];
      const onTheWay: Envelope[] = [];
      const shown: Envelope[] = [];
      const steady = async (each: Step): Promise<void> => {
        if (each.kind === 'append') {
          const envelope = await appendOne(store, channel, seeded + stored.length + 1);
          stored.push(envelope);
          if (each.arrival === 'later') onTheWay.push(envelope);
          else if (each.arrival !== 'never') feed.offer(envelope);
          if (each.arrival === 'twice') feed.offer(envelope);
        } else if (each.kind === 'arrive') {
          for (const envelope of onTheWay.splice(each.pick % (onTheWay.length || 1), 1)) {
            feed.offer(envelope);
          }
        } else if (each.kind === 'echo') {
          const envelope = stored[each.pick % (stored.length || 1)];
          if (envelope !== undefined) feed.offer(envelope);
        } else if (each.kind === 'ephemeral') {
          shown.push(sampleEphemeral(channel, 1_000 + shown.length));
          for (const envelope of shown.slice(-1)) feed.offer(envelope);
        } else if (each.kind === 'forged') {
          feed.offer(sampleStored(channel, each.offset, { epoch: 'forged' }));
        } else if (each.kind === 'wait') {
          await vi.advanceTimersByTimeAsync(each.ms);
        } else if (each.of) store.fail('readAfter');
        else store.recover();
      };
      for (const each of steps) await steady(each);
      // The position check comes round.
      store.recover();
      const mending = feed.mend();
      await vi.advanceTimersByTimeAsync(100);
      await mending;
      const envelopes = follower.outgoings.map(({ envelope }) => envelope);
      expect(envelopes.filter(({ offset }) => offset !== null)).toEqual(stored);
      expect(envelopes.filter(({ offset }) => offset === null)).toEqual(shown);
      expect(follower.losses).toBe(0);
      expect(feed.position.offset).toBe(seeded + stored.length);
      feed.close();
    }),
    { numRuns: 300 },
  );
});

test('G4 a hole is mended by itself, without a position check, however envelopes are reordered', async () => {
  const drops = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(drops, fc.infiniteStream(fc.nat()), async (dropped, random) => {
      const store = new ObservedStore(memoryStore());
      await appendOne(store, channel, 1);
      const feed = await openFeed(store, channel, { reorderMs: 5, pageItems: 3 });
      const follower = new RecordingFollower();
      feed.join(follower);
      const arriving: { readonly envelope: Envelope; readonly order: number }[] = [];
      const expected: (number | null)[] = [];
      for (const [index, isDropped] of [...dropped, false].entries()) {
        const envelope = await appendOne(store, channel, index + 2);
        expected.push(envelope.offset);
        if (!isDropped) arriving.push({ envelope, order: random.next().value ?? 0 });
      }
      arriving.sort((a, b) => a.order - b.order);
      for (const { envelope, order } of arriving) {
        feed.offer(envelope);
        await vi.advanceTimersByTimeAsync(order % 3);
      }
      await vi.advanceTimersByTimeAsync(100);
      expect(follower.offsets).toEqual(expected);
      feed.close();
    }),
    { numRuns: 200 },
  );
});
