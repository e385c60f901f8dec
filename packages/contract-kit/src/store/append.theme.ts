import { NO_EPOCH, type StoredEnvelope, tagOf } from '@realtime-notify/core';
import { expect } from 'vitest';
import { awkwardJson, freshChannel, sampleDraft } from '../samples.js';
import { appendOne, asStored, envelopeOf, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

const writers = 8;
const draftsPerWriter = 60;

export function appendTheme({ book, bench }: StoreTheme): void {
  book.clause('S1', 'one writer counts 1, 2, 3', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const placed: StoredEnvelope[] = [];
    for (let i = 0; i < 3; i += 1) placed.push(await appendOne(store, sampleDraft(channel)));
    expect(placed.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect(new Set(placed.map(({ epoch }) => epoch)).size).toBe(1);
    expect(placed[0]?.epoch).toMatch(/^[0-9a-z]{1,16}$/);
    expect(placed[0]?.epoch).not.toBe(NO_EPOCH);
  });

  book.clause('S1', `${writers} concurrent writers share one sequence`, async () => {
    const stores = await bench.peers(writers);
    const channel = freshChannel();
    const byWriter = await Promise.all(
      stores.map(async (store, writer) => {
        const placed: StoredEnvelope[] = [];
        while (placed.length < draftsPerWriter) {
          const size = Math.min(
            1 + ((writer + placed.length) % 7),
            draftsPerWriter - placed.length,
          );
          const drafts = Array.from({ length: size }, () => sampleDraft(channel));
          placed.push(...(await store.append(drafts)).map(envelopeOf));
        }
        return placed;
      }),
    );
    for (const placed of byWriter) {
      const own = placed.map(({ offset }) => offset);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    const all = byWriter.flat().toSorted((a, b) => a.offset - b.offset);
    const total = writers * draftsPerWriter;
    expect(all.map(({ offset }) => offset)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(new Set(all.map(({ epoch }) => epoch)).size).toBe(1);

    const page = only(await stores[0].readAfter([{ channel, after: 0, limit: total }]));
    expect(page.items.map(({ id, offset }) => [offset, id])).toEqual(
      all.map(({ id, offset }) => [offset, id]),
    );
  });

  book.clause('S1', 'channels count apart, whatever characters their names hold', async () => {
    const store = await bench.store();
    const base = freshChannel();
    const channels = ['', '{', '}', '{}', '{a}', '}{', '%', '%7B', ':log', ' ', '"\\', 'ü你🎉'].map(
      (suffix) => base + suffix,
    );
    const drafts = channels.map((channel) => sampleDraft(channel));
    const placed = (await store.append(drafts)).map(envelopeOf);
    expect(placed.map(({ channel, offset }) => [channel, offset])).toEqual(
      channels.map((channel) => [channel, 1]),
    );
    const pages = await store.readAfter(channels.map((c) => ({ channel: c, after: 0, limit: 9 })));
    expect(pages.map(({ items }) => items.map(({ id }) => id))).toEqual(
      drafts.map(({ id }) => [id]),
    );
  });

  book.clause('S2', 'fields and data come back as they were given', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const drafts = awkwardJson.map((dataJson, i) =>
      sampleDraft(channel, { dataJson, type: `typ.${i}:a-b_c`, ...(i % 2 ? { traceparent } : {}) }),
    );
    const placed = (await store.append(drafts)).map(envelopeOf);
    const epoch = placed[0]?.epoch ?? '';
    const expected = asStored(drafts, epoch);
    expect(placed).toEqual(expected);
    const page = only(await store.readAfter([{ channel, after: 0, limit: 100 }]));
    expect(page.items).toEqual(expected);
  });

  book.clause('S4', 'outcomes stand in the order of the drafts over many channels', async () => {
    const store = await bench.store();
    const channels = Array.from({ length: 20 }, () => freshChannel());
    const drafts = [...channels, ...channels.toReversed(), ...channels].map((channel) =>
      sampleDraft(channel),
    );
    const placed = (await store.append(drafts)).map(envelopeOf);
    expect(placed.map(({ id }) => id)).toEqual(drafts.map(({ id }) => id));
    for (const channel of channels) {
      const own = placed.filter((envelope) => envelope.channel === channel);
      expect(own.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    }
  });

  book.clause('S4', 'a failing draft takes no offset and fails no other', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const key = 'once';
    const drafts = [
      sampleDraft(channel, { idempotency: { key, digest: 'a' } }),
      sampleDraft(channel),
      sampleDraft(channel, { idempotency: { key, digest: 'b' } }),
      sampleDraft(channel),
    ];
    const outcomes = await store.append(drafts);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'appended',
      'appended',
      'failed',
      'appended',
    ]);
    expect(envelopeOf(outcomes[3])).toMatchObject({ offset: 3, id: drafts[3]?.id });
  });

  book.clause('S4', 'pages and positions stand in the order asked, repeats included', async () => {
    const store = await bench.store();
    const [one, two, none] = [freshChannel(), freshChannel(), freshChannel()];
    const drafts = [sampleDraft(one), sampleDraft(two), sampleDraft(two)];
    await store.append(drafts);
    const asked = [two, none, one, two];
    const positions = await store.positions(asked);
    expect(positions.map(({ offset }) => offset)).toEqual([2, 0, 1, 2]);
    expect(positions[2]?.tag).toBe(tagOf(drafts[0]?.id ?? ''));
    const pages = await store.readAfter(
      asked.map((channel, i) => ({ channel, after: i === 3 ? 1 : 0, limit: 10 })),
    );
    expect(pages.map(({ items }) => items.map(({ id }) => id))).toEqual([
      [drafts[1]?.id, drafts[2]?.id],
      [],
      [drafts[0]?.id],
      [drafts[2]?.id],
    ]);
    expect(await store.append([])).toEqual([]);
    expect(await store.readAfter([])).toEqual([]);
    expect(await store.positions([])).toEqual([]);
  });
}
