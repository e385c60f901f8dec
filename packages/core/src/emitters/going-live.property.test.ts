import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Feed } from '../feeds/feed.js';
import { memoryStore } from '../memory/memory-store.js';
import type { Envelope } from '../notification/notification.js';
import { originPosition } from '../positions/position.js';
import { EmitterParts, offsetIn } from '../test-doubles/emitter-parts.js';
import { appendMany, appendOne, positionOf } from '../test-doubles/envelopes.js';
import { RecordingOutlet } from '../test-doubles/recording-outlet.js';

const channels = ['user:1', 'group:1', 'all'] as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Step =
  | { readonly kind: 'publish'; readonly channel: number; readonly arrives: boolean }
  | { readonly kind: 'late' }
  | { readonly kind: 'take' }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      channel: fc.nat(channels.length - 1),
      arrives: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('late' as const) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 7) }),
  },
);

/** What a followed channel had before the client came back, and how much of it the client had seen. */
const past = fc
  .nat(30)
  .chain((count) => fc.record({ count: fc.constant(count), seen: fc.nat(count) }));

const shape = fc.record({
  pasts: fc.tuple(past, past, past),
  steps: fc.array(step, { maxLength: 40 }),
  pageItems: fc.constantFrom(1, 3, 10),
  ringCount: fc.constantFrom(1, 4, 64),
  followAt: fc.nat(10),
});

test('G1 G2 G3 going live while publishes go on, a client gets each notification once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(shape, async ({ pasts, steps, pageItems, ringCount, followAt }) => {
      const store = memoryStore();
      const parts = new EmitterParts(store, { pageItems, ringCount, reorderMs: 5 });
      const outlet = new RecordingOutlet(false);
      const emitter = parts.emitter(outlet);
      const feeds: Feed[] = [];
      const starts: Parameters<typeof emitter.follow>[1][] = [];
      for (const [index, channel] of channels.entries()) {
        const { count = 0, seen = 0 } = pasts[index] ?? {};
        const envelopes = await appendMany(store, channel, count);
        const last = envelopes[seen - 1];
        const feed = await parts.feed(channel);
        const position =
          last === undefined ? { ...originPosition, epoch: feed.position.epoch } : positionOf(last);
        feeds.push(feed);
        starts.push({ position, recovered: true });
      }

      // After every write the cursor names exactly what the client has been given so far.
      const given = new Map<string, number | undefined>();
      channels.forEach((channel, index) => void given.set(channel, starts[index]?.position.offset));
      outlet.heard = (said) => {
        if (said.kind !== 'write') return;
        for (const line of said.lines) {
          const [channel = '', offset] = line.split(' ');
          expect(Number(offset)).toBe((given.get(channel) ?? 0) + 1);
          given.set(channel, Number(offset));
        }
        for (const channel of channels)
          expect(offsetIn(said.cursor, channel)).toBe(given.get(channel));
      };

      let published = 0;
      const late: { readonly feed: Feed; readonly envelope: Envelope }[] = [];
      const follow = (): void => {
        feeds.forEach((feed, index) => {
          const start = starts[index];
          if (start !== undefined) emitter.follow(feed, start);
        });
      };
      const perform = async (each: Step): Promise<void> => {
        const feed = each.kind === 'publish' ? feeds[each.channel] : undefined;
        if (each.kind === 'publish' && feed !== undefined) {
          published += 1;
          const envelope = await appendOne(store, feed.channel, 1_000 + published);
          if (each.arrives) feed.offer(envelope);
          else late.push({ feed, envelope });
        } else if (each.kind === 'late') {
          for (const { feed: behind, envelope } of late.splice(0)) behind.offer(envelope);
        } else if (each.kind === 'take') outlet.take();
        else if (each.kind === 'wait') await vi.advanceTimersByTimeAsync(each.ms);
      };
      for (const [index, each] of steps.entries()) {
        if (index === followAt) follow();
        await perform(each);
      }
      if (steps.length <= followAt) follow();

      for (const feed of feeds) void feed.mend();
      for (let round = 0; round < 200; round += 1) {
        await vi.advanceTimersByTimeAsync(1);
        outlet.take();
      }
      const heads = await store.positions(channels);
      heads.forEach(
        (head, index) => void expect(given.get(channels[index] ?? '')).toBe(head.offset),
      );
      expect(feeds.every((feed) => feed.followers.has(emitter))).toBe(true);
      expect(outlet.readies.length + outlet.closes.length).toBe(0);
      for (const feed of feeds) feed.close();
    }),
    { numRuns: 200 },
  );
});
