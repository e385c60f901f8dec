import { type LogPage, originPosition, type Store, tagOf } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function readingTheme({ book, bench }: StoreTheme): void {
  book.clause('S5', 'a page begins after the offset and ends at the limit', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const drafts = Array.from({ length: 5 }, () => sampleDraft(channel));
    await store.append(drafts);
    const offsetsOf = async (after: number, limit: number) =>
      only(await store.readAfter([{ channel, after, limit }])).items.map(({ offset }) => offset);
    expect(await offsetsOf(0, 2)).toEqual([1, 2]);
    expect(await offsetsOf(2, 2)).toEqual([3, 4]);
    expect(await offsetsOf(4, 2)).toEqual([5]);
    expect(await offsetsOf(5, 2)).toEqual([]);
    expect(await offsetsOf(99, 2)).toEqual([]);
    const page = only(await store.readAfter([{ channel, after: 99, limit: 1 }]));
    expect(page.logStart).toBe(1);
    expect(page.head).toEqual({
      epoch: page.head.epoch,
      offset: 5,
      tag: tagOf(drafts[4]?.id ?? ''),
    });
    expect(only(await store.positions([channel]))).toEqual(page.head);
  });

  book.clause(
    'S13',
    'a page ends before it has too many bytes, two items it has always',
    async () => {
      const store = await bench.store();
      const channel = freshChannel();
      const sizes = [10, 300, 200, 10, 10, 2_000, 10];
      // Three bytes a character: bytes count, not characters.
      const data = sizes.map((size) => JSON.stringify('€'.repeat(size)));
      await store.append(data.map((dataJson) => sampleDraft(channel, { dataJson })));
      const offsetsOf = async (after: number, limit: number, maxBytes: number) => {
        const [page] = await store.readAfter([{ channel, after, limit, maxBytes }]);
        return page?.items.map(({ offset }) => offset);
      };
      expect(await offsetsOf(0, 10, 1)).toEqual([1, 2]);
      expect(await offsetsOf(1, 10, 1_504)).toEqual([2, 3]);
      expect(await offsetsOf(1, 10, 1_535)).toEqual([2, 3]);
      expect(await offsetsOf(1, 10, 1_536)).toEqual([2, 3, 4]);
      expect(await offsetsOf(3, 10, 500)).toEqual([4, 5]);
      expect(await offsetsOf(4, 10, 500)).toEqual([5, 6]);
      expect(await offsetsOf(5, 10, 500)).toEqual([6, 7]);
      expect(await offsetsOf(0, 3, 1_000_000)).toEqual([1, 2, 3]);
      expect(await offsetsOf(0, 10, 1_000_000)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    },
  );

  book.clause('S5', 'pages read during appends and trimming are whole', async () => {
    const [reader, ...writers] = await bench.peers(4, { retention: { maxCount: 5 } });
    const channel = freshChannel();
    const wanted = writers.length * 100;
    let written = false;
    const writing = Promise.all(writers.map((store) => appendInTurn(store, channel, 100)));
    const noteWritten = (): void => {
      written = true;
    };
    writing.then(noteWritten, noteWritten);
    let last = 0;
    for (let reads = 1; !written; reads += 1) {
      const after = Math.max(0, last - 3);
      const page = only(await reader.readAfter([{ channel, after, limit: 4 }]));
      expectWhole(page, after, 4);
      expect(page.head.offset).toBeGreaterThanOrEqual(last);
      last = page.head.offset;
      // A store in memory answers without a turn of the event loop, which the writers may need.
      if (reads % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(only(await reader.positions([channel])).offset).toBe(wanted);
  });

  book.clause('S7', 'an append that finished is seen by every instance', async () => {
    const stores = await bench.peers(4);
    const channel = freshChannel();
    for (let i = 1; i <= 40; i += 1) {
      const writer = stores[i % stores.length] ?? stores[0];
      const reader = stores[(i + 1) % stores.length] ?? stores[0];
      const { id } = await appendOne(writer, sampleDraft(channel));
      const [positions, pages] = await Promise.all([
        reader.positions([channel]),
        reader.readAfter([{ channel, after: i - 1, limit: 10 }]),
      ]);
      expect(only(positions)).toMatchObject({ offset: i, tag: tagOf(id) });
      expect(only(pages).items.map((item) => item.id)).toEqual([id]);
    }
  });

  book.clause('S9', 'an unknown channel stands at the origin, before and after reads', async () => {
    const [store, other] = await bench.peers(2);
    const channel = freshChannel();
    const origin = { items: [], logStart: 1, head: originPosition };
    for (const after of [0, 7]) {
      expect(only(await store.readAfter([{ channel, after, limit: 5 }]))).toEqual(origin);
    }
    expect(only(await store.positions([channel]))).toEqual(originPosition);
    expect(await store.renewEpoch(channel, originPosition.epoch)).toEqual(originPosition);
    expect(await store.renewEpoch(channel, 'gone1')).toEqual(originPosition);
    expect(only(await (other ?? store).positions([channel]))).toEqual(originPosition);
    expect(await appendOne(store, sampleDraft(channel))).toMatchObject({ offset: 1 });
  });
}

async function appendInTurn(store: Store, channel: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await store.append([sampleDraft(channel)]);
}

/** Items, logStart and head belong together: no hole, none too many, the tag is the last item's. */
function expectWhole({ items, logStart, head }: LogPage, after: number, limit: number): void {
  const first = Math.max(after + 1, logStart);
  const count = Math.max(0, Math.min(limit, head.offset + 1 - first));
  expect(items.map(({ offset }) => offset)).toEqual(
    Array.from({ length: count }, (_, i) => first + i),
  );
  const last = items.at(-1);
  if (last?.offset === head.offset) {
    expect(head).toEqual({ epoch: last.epoch, offset: last.offset, tag: tagOf(last.id) });
  }
}
