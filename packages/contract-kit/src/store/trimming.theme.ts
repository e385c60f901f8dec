import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function trimmingTheme({ book, bench }: StoreTheme): void {
  book.clause('S6', 'exactly the oldest go, one by one, and the head stays', async () => {
    const store = await bench.store({ retention: { maxCount: 3 } });
    const channel = freshChannel();
    for (let offset = 1; offset <= 8; offset += 1) {
      const placed = await appendOne(store, sampleDraft(channel));
      expect(placed.offset).toBe(offset);
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      const logStart = Math.max(1, offset - 2);
      expect(page.logStart).toBe(logStart);
      expect(page.head).toMatchObject({ epoch: placed.epoch, offset });
      expect(page.items.map((item) => item.offset)).toEqual(
        Array.from({ length: offset + 1 - logStart }, (_, i) => logStart + i),
      );
    }
  });

  book.clause('S6', 'a batch larger than the log keeps its end', async () => {
    const store = await bench.store({ retention: { maxCount: 2 } });
    const channel = freshChannel();
    const drafts = Array.from({ length: 7 }, () => sampleDraft(channel));
    await store.append(drafts);
    const page = only(await store.readAfter([{ channel, after: 3, limit: 10 }]));
    expect(page.logStart).toBe(6);
    expect(page.items.map(({ id }) => id)).toEqual(drafts.slice(5).map(({ id }) => id));
  });
}
