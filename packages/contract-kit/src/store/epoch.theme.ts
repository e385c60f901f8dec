import { NO_EPOCH, positionOf, tagOf } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, envelopeOf, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function epochTheme({ book, bench }: StoreTheme): void {
  book.clause(
    'S12',
    'a floor before the head, at it, or of another epoch changes nothing',
    async () => {
      const store = await bench.store();
      const channel = freshChannel();
      const first = await appendOne(store, sampleDraft(channel));
      const second = await appendOne(store, sampleDraft(channel, { floor: positionOf(first) }));
      const third = await appendOne(store, sampleDraft(channel, { floor: positionOf(second) }));
      const floors = [
        positionOf(first),
        { ...positionOf(third), epoch: 'another' },
        { epoch: 'another', offset: 99, tag: 'b302099a' },
      ];
      for (const floor of floors) await appendOne(store, sampleDraft(channel, { floor }));
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      expect(page.items.map(({ epoch, offset }) => [epoch, offset])).toEqual(
        [1, 2, 3, 4, 5, 6].map((offset) => [first.epoch, offset]),
      );
    },
  );

  book.clause(
    'S12',
    'a head before the floor, or another notification there: a new epoch',
    async () => {
      const store = await bench.store();
      for (const lost of [
        { offset: 3, tag: 'b302099a' },
        { offset: 2, tag: 'b302099a' },
      ]) {
        const channel = freshChannel();
        const drafts = [sampleDraft(channel), sampleDraft(channel)];
        await store.append(drafts);
        const { epoch: old } = only(await store.positions([channel]));
        const floor = { epoch: old, ...lost };
        // The second of them knows no more than that.
        const after = [sampleDraft(channel, { floor }), sampleDraft(channel, { floor })];
        const placed = (await store.append(after)).map(envelopeOf);
        const { epoch } = only(await store.positions([channel]));
        expect(epoch).not.toBe(old);
        expect(placed.map((item) => [item.epoch, item.offset])).toEqual([
          [epoch, 3],
          [epoch, 4],
        ]);
        const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
        expect(page.items.map((item) => [item.epoch, item.offset, item.id])).toEqual(
          [...drafts, ...after].map(({ id }, i) => [epoch, i + 1, id]),
        );
      }
    },
  );

  book.clause('S12', 'of many writers that know better one begins the new epoch', async () => {
    const stores = await bench.peers(8);
    const channel = freshChannel();
    const { epoch: old } = await appendOne(stores[0], sampleDraft(channel));
    const floor = { epoch: old, offset: 5, tag: 'b302099a' };
    const placed = await Promise.all(
      stores.map((store) => appendOne(store, sampleDraft(channel, { floor }))),
    );
    expect(new Set(placed.map(({ epoch }) => epoch)).size).toBe(1);
    expect(placed[0]?.epoch).not.toBe(old);
    expect(placed.map(({ offset }) => offset).toSorted()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  book.clause('S12', 'a channel without a log has nothing to lose', async () => {
    const store = await bench.store();
    const floor = { epoch: 'e1', offset: 7, tag: 'b302099a' };
    expect(await appendOne(store, sampleDraft(freshChannel(), { floor }))).toMatchObject({
      offset: 1,
    });
  });

  book.clause('S8', 'the expected epoch is replaced; offset and tag stay', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    await store.append([sampleDraft(channel), sampleDraft(channel)]);
    const before = only(await store.positions([channel]));
    const after = await store.renewEpoch(channel, before.epoch);
    expect(after).toEqual({ ...before, epoch: after.epoch });
    expect(after.epoch).not.toBe(before.epoch);
    expect(after.epoch).not.toBe(NO_EPOCH);
    expect(after.epoch).toMatch(/^[0-9a-z]{1,16}$/);
    expect(only(await store.positions([channel]))).toEqual(after);
  });

  book.clause('S8', 'another epoch than the expected is left alone', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    await store.append([sampleDraft(channel)]);
    const before = only(await store.positions([channel]));
    for (const stale of ['stale1', NO_EPOCH, `${before.epoch.slice(0, 15)}x`]) {
      expect(await store.renewEpoch(channel, stale)).toEqual(before);
    }
    expect(only(await store.positions([channel]))).toEqual(before);
  });

  book.clause('S8', 'of many concurrent renewals one wins and all learn it', async () => {
    const stores = await bench.peers(8);
    const channel = freshChannel();
    const { epoch } = await appendOne(stores[0], sampleDraft(channel));
    const answers = await Promise.all(stores.map((store) => store.renewEpoch(channel, epoch)));
    const names = new Set(answers.map((position) => position.epoch));
    expect(names.size).toBe(1);
    expect(names.has(epoch)).toBe(false);
    expect(only(await stores[0].positions([channel]))).toEqual(answers[0]);
  });

  book.clause('S8', 'counting goes on under the new epoch, and pages are of it', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const drafts = [sampleDraft(channel), sampleDraft(channel), sampleDraft(channel)] as const;
    const { epoch: old } = await appendOne(store, drafts[0]);
    await appendOne(store, drafts[1]);
    const { epoch } = await store.renewEpoch(channel, old);
    expect(await appendOne(store, drafts[2])).toMatchObject({ epoch, offset: 3 });
    const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
    expect(page.head).toEqual({ epoch, offset: 3, tag: tagOf(drafts[2].id) });
    expect(page.items.map((item) => [item.epoch, item.offset, item.id])).toEqual(
      drafts.map(({ id }, i) => [epoch, i + 1, id]),
    );
  });
}
