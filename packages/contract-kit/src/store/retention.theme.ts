import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

const hourMs = 3_600_000;

export function retentionTheme({ book, bench }: StoreTheme): void {
  book.clause('S10', 'the bytes of the data count, of UTF-8 and to the byte', async () => {
    const store = await bench.store({ retention: { maxBytes: 20 } });
    const channel = freshChannel();
    // Bytes of each, and where the log must begin once it is there.
    const steps = [
      ['"1234"', 6, 1],
      ['"äöü"', 8, 1],
      ['"5678"', 6, 1],
      ['0', 1, 2],
      ['"90123"', 7, 3],
      ['"..........."', 13, 5],
    ] as const;
    for (const [i, [dataJson, bytes, logStart]] of steps.entries()) {
      expect(Buffer.byteLength(dataJson)).toBe(bytes);
      await appendOne(store, sampleDraft(channel, { dataJson }));
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      expect(page).toMatchObject({ logStart, head: { offset: i + 1 } });
      expect(page.items.map((item) => item.dataJson)).toEqual(
        steps.slice(logStart - 1, i + 1).map(([text]) => text),
      );
    }
  });

  book.clause('S10', 'the newest is kept, however large', async () => {
    const store = await bench.store({ retention: { maxBytes: 10 } });
    const channel = freshChannel();
    const large = { dataJson: `"${'x'.repeat(100)}"` };
    for (const fields of [large, {}, large, large]) {
      const { id, offset } = await appendOne(store, sampleDraft(channel, fields));
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      expect(page).toMatchObject({ logStart: offset, items: [{ id }], head: { offset } });
    }
  });

  book.clause('S10', 'one large notification lets many small ones go', async () => {
    const store = await bench.store({ retention: { maxBytes: 1_000 } });
    const channel = freshChannel();
    await store.append(Array.from({ length: 500 }, () => sampleDraft(channel, { dataJson: '10' })));
    await appendOne(store, sampleDraft(channel, { dataJson: `"${'x'.repeat(898)}"` }));
    const page = only(await store.readAfter([{ channel, after: 0, limit: 1_000 }]));
    expect(page).toMatchObject({ logStart: 451, head: { offset: 501 } });
    expect(page.items.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 51 }, (_, i) => 451 + i),
    );
  });

  book.clause('S10', 'a class of channels has its own; the first that fits counts', async () => {
    const [long, short] = [freshChannel('long'), freshChannel('short')];
    const [group, all] = [`group:${long}`, `all:${long}`];
    const store = await bench.store({
      retention: {
        maxCount: 4,
        maxBytes: 6,
        classes: [
          { channels: ['user:long'], maxCount: 7, maxBytes: false },
          { channels: ['group:', 'all:'], maxCount: 2 },
          { channels: ['user:'], maxCount: 3 },
        ],
      },
    });
    const kept = { [long]: 7, [short]: 3, [group]: 2, [all]: 2, [`inbox:${long}`]: 4 };
    const channels = Object.keys(kept);
    for (let round = 0; round < 8; round += 1) {
      await store.append(channels.map((channel) => sampleDraft(channel, { dataJson: '1' })));
    }
    const pages = await store.readAfter(
      channels.map((channel) => ({ channel, after: 0, limit: 10 })),
    );
    expect(pages.map(({ items }) => items.length)).toEqual(Object.values(kept));
    // The bytes, which most of them leave as they are for all.
    await store.append(channels.map((channel) => sampleDraft(channel, { dataJson: '"456"' })));
    const last = await store.readAfter(
      channels.map((channel) => ({ channel, after: 0, limit: 10 })),
    );
    expect(last.map(({ items }) => items.length)).toEqual([7, 2, 2, 2, 2]);
  });

  book.clause('S11', 'it goes although nobody appends, and the head stays', async () => {
    const store = await bench.store({ retention: { maxAgeMs: 300 } });
    const channel = freshChannel();
    const drafts = Array.from({ length: 3 }, () => sampleDraft(channel));
    await store.append(drafts);
    const [head] = await store.positions([channel]);
    await bench.eventually(async () => {
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      // Whatever is gone already: the page says so, and has all the rest.
      expect(page.items.map(({ id }) => id)).toEqual(
        drafts.slice(page.logStart - 1).map(({ id }) => id),
      );
      expect(page).toMatchObject({ logStart: 4, head });
    });
    expect(await store.positions([channel])).toEqual([head]);
    expect(await appendOne(store, sampleDraft(channel))).toMatchObject({
      offset: 4,
      epoch: head?.epoch,
    });
  });

  book.clause('S11', 'the old go while the young stay', async () => {
    const store = await bench.store({ retention: { maxAgeMs: 500 } });
    const channel = freshChannel();
    const ids = [(await appendOne(store, sampleDraft(channel))).id];
    await bench.eventually(async () => {
      const { id } = await appendOne(store, sampleDraft(channel));
      ids.push(id);
      const page = only(await store.readAfter([{ channel, after: 0, limit: 1_000 }]));
      expect(page.items.map((item) => item.id)).toEqual(ids.slice(page.logStart - 1));
      expect(page.head.offset).toBe(ids.length);
      expect(page.logStart).toBeGreaterThan(1);
      expect(page.items.at(-1)).toMatchObject({ id });
    });
  });

  book.clause('S11', 'the publisher’s clock has no say', async () => {
    const store = await bench.store({ retention: { maxAgeMs: 300 } });
    const patient = await bench.store({ retention: { maxAgeMs: hourMs } });
    const [ahead, behind] = [freshChannel(), freshChannel()];
    await appendOne(patient, sampleDraft(behind, { time: 1 }));
    await appendOne(store, sampleDraft(ahead, { time: Date.now() + 24 * hourMs }));
    await bench.eventually(async () => {
      const page = only(await store.readAfter([{ channel: ahead, after: 0, limit: 10 }]));
      expect(page).toMatchObject({ items: [], logStart: 2 });
    });
    const kept = only(await patient.readAfter([{ channel: behind, after: 0, limit: 10 }]));
    expect(kept).toMatchObject({ items: [{ time: 1 }], logStart: 1 });
  });

  book.clause('S11', 'a class of channels has its own age', async () => {
    const [brief, lasting] = [freshChannel('brief'), freshChannel('lasting')];
    const classes = [{ channels: ['user:brief'], maxAgeMs: 300 }];
    const store = await bench.store({ retention: { maxAgeMs: false, classes } });
    await store.append([sampleDraft(brief), sampleDraft(lasting)]);
    await bench.eventually(async () => {
      const pages = await store.readAfter(
        [brief, lasting].map((channel) => ({ channel, after: 0, limit: 10 })),
      );
      expect(pages.map(({ items }) => items.length)).toEqual([0, 1]);
    });
  });
}
