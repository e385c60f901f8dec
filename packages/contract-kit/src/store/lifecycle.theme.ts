import { originPosition } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function lifecycleTheme({ book, bench }: StoreTheme): void {
  book.clause('S-CLOSE', 'calls after close reject, a second close resolves', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    await store.append([sampleDraft(channel)]);
    await store.drain();
    await store.close();
    await store.close();
    const closed = { code: 'CLOSED' };
    await expect(store.append([sampleDraft(channel)])).rejects.toMatchObject(closed);
    await expect(store.readAfter([{ channel, after: 0, limit: 1 }])).rejects.toMatchObject(closed);
    await expect(store.positions([channel])).rejects.toMatchObject(closed);
    await expect(store.states([channel])).rejects.toMatchObject(closed);
    await expect(store.renewEpoch(channel, 'e1')).rejects.toMatchObject(closed);
    await expect(store.start()).rejects.toMatchObject(closed);
  });

  book.clause('S-CLOSE', 'pending calls settle when the store is closed', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const pending = Array.from({ length: 50 }, () => [
      store.append([sampleDraft(channel)]),
      store.positions([channel]),
    ]).flat();
    const settled = Promise.allSettled<unknown>(pending);
    await store.close();
    for (const result of await settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CLOSED' });
    }
  });

  book.clause('S-DRAIN', 'appends under way', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    let settled = 0;
    const begun = Array.from({ length: 20 }, () =>
      store.append([sampleDraft(channel)]).then(() => {
        settled += 1;
      }),
    );
    await store.drain();
    // How many promises an outcome passes through is the adapter's business.
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(20);
    await Promise.all(begun);
  });

  book.capability('S-SHARED', bench.shared, {
    present: async () => {
      const writer = await bench.store();
      const channel = freshChannel();
      const { id, epoch } = await appendOne(writer, sampleDraft(channel));
      await writer.close();
      const reader = await bench.store();
      expect(reader.shared).toBe(true);
      const page = only(await reader.readAfter([{ channel, after: 0, limit: 5 }]));
      expect(page.items.map((item) => item.id)).toEqual([id]);
      expect(page.head).toMatchObject({ epoch, offset: 1 });
    },
    absent: async () => {
      const writer = await bench.store();
      const channel = freshChannel();
      await appendOne(writer, sampleDraft(channel));
      const reader = await bench.store();
      expect(reader.shared).toBe(false);
      expect(only(await reader.positions([channel]))).toEqual(originPosition);
    },
  });
}
