import { NO_TAG, positionOf, type StoredEnvelope, tagOf } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, envelopeOf, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function predecessorTheme({ book, bench }: StoreTheme): void {
  book.clause('S14', 'the first names the origin, each other the one before it', async () => {
    const stores = await bench.peers(4);
    const channel = freshChannel();
    const answers = await Promise.all(
      stores.map((store) => store.append([sampleDraft(channel), sampleDraft(channel)])),
    );
    const placed = answers.flat().map(envelopeOf);
    mustBeAChain(
      placed.toSorted((a, b) => a.offset - b.offset),
      NO_TAG,
    );
    const page = only(await stores[0].readAfter([{ channel, after: 0, limit: 10 }]));
    expect(page.items).toHaveLength(placed.length);
    mustBeAChain(page.items, NO_TAG);
  });

  book.clause('S14', 'one that is not kept any more is still named', async () => {
    const store = await bench.store({ retention: { maxCount: 2 } });
    const channel = freshChannel();
    const drafts = Array.from({ length: 5 }, () => sampleDraft(channel));
    await store.append(drafts);
    const page = only(await store.readAfter([{ channel, after: 2, limit: 10 }]));
    expect(page.items.map(({ offset }) => offset)).toEqual([4, 5]);
    mustBeAChain(page.items, tagOf(drafts[2]?.id ?? ''));
  });

  book.clause('S14', 'the first of a new epoch names the head as it was kept', async () => {
    const store = await bench.store();
    for (const begun of ['by renewal', 'by a floor'] as const) {
      const channel = freshChannel();
      const kept = await appendOne(store, sampleDraft(channel));
      const floor = { ...positionOf(kept), offset: 4 };
      if (begun === 'by renewal') await store.renewEpoch(channel, kept.epoch);
      const fields = begun === 'by a floor' ? { floor } : {};
      const next = await appendOne(store, sampleDraft(channel, fields));
      expect(next.epoch).not.toBe(kept.epoch);
      expect(next.previousTag).toBe(tagOf(kept.id));
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      expect(page.items).toHaveLength(2);
      mustBeAChain(page.items, NO_TAG);
    }
  });

  book.clause('S14', 'a duplicate has that of the first append', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const idempotency = { key: 'order-1', digest: 'd1' };
    const before = await appendOne(store, sampleDraft(channel));
    await appendOne(store, sampleDraft(channel, { idempotency }));
    await appendOne(store, sampleDraft(channel));
    const again = await appendOne(store, sampleDraft(channel, { idempotency }));
    expect(again).toMatchObject({ offset: 2, previousTag: tagOf(before.id) });
  });
}

/** @param first - the tag that the first of them must name */
function mustBeAChain(items: readonly StoredEnvelope[], first: string): void {
  const ids = items.map(({ id }) => tagOf(id));
  expect(items.map(({ previousTag }) => previousTag)).toEqual([first, ...ids.slice(0, -1)]);
}
