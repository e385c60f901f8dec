import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, envelopeOf, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function idempotencyTheme({ book, bench }: StoreTheme): void {
  book.clause('S3', 'a retry gets the first notification, all its fields', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const idempotency = { key: 'order-1', digest: 'd1' };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const dataJson = '{"text":"first, ü 🎉"}';
    const first = sampleDraft(channel, { idempotency, time: 1, dataJson, traceparent });
    const retry = sampleDraft(channel, { idempotency, time: 2, type: 'other', dataJson: '{}' });
    const placed = await appendOne(store, first);
    await store.append([sampleDraft(channel)]);
    const again = only(await store.append([retry]));
    expect(again).toEqual({ status: 'duplicate', envelope: placed });
    expect(placed).toMatchObject({ id: first.id, time: 1, dataJson, traceparent, offset: 1 });
    expect(only(await store.positions([channel])).offset).toBe(2);
  });

  book.clause('S3', 'a retry finds the first notification though the log was trimmed', async () => {
    const store = await bench.store({ retention: { maxCount: 2 } });
    const channel = freshChannel();
    const idempotency = { key: 'k', digest: 'd' };
    const placed = await appendOne(store, sampleDraft(channel, { idempotency }));
    await store.append(Array.from({ length: 5 }, () => sampleDraft(channel)));
    const again = only(await store.append([sampleDraft(channel, { idempotency })]));
    expect(again).toEqual({ status: 'duplicate', envelope: placed });
  });

  book.clause('S3', 'the same key with another digest is a conflict', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    await store.append([sampleDraft(channel, { idempotency: { key: 'k', digest: 'a' } })]);
    const conflict = only(
      await store.append([sampleDraft(channel, { idempotency: { key: 'k', digest: 'b' } })]),
    );
    expect(conflict).toMatchObject({ status: 'failed', error: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect(only(await store.positions([channel])).offset).toBe(1);
  });

  book.clause('S3', 'a key belongs to its channel, whatever characters both hold', async () => {
    const store = await bench.store();
    const base = freshChannel();
    const pairs = [
      [base, 'k'],
      [`${base}2`, 'k'],
      [base, '2k'],
      [base, 'a:b'],
      [`${base}:a`, 'b'],
      [base, '{}'],
      [base, 'ü'.repeat(200)],
    ] as const;
    const drafts = pairs.map(([channel, key]) =>
      sampleDraft(channel, { idempotency: { key, digest: 'd' } }),
    );
    const outcomes = await store.append(drafts);
    expect(outcomes.map(({ status }) => status)).toEqual(pairs.map(() => 'appended'));
    expect(outcomes.map((outcome) => envelopeOf(outcome).id)).toEqual(drafts.map(({ id }) => id));
  });

  book.clause('S3', 'concurrent appends of one key give one notification', async () => {
    const stores = await bench.peers(8);
    const channel = freshChannel();
    const idempotency = { key: 'race', digest: 'd' };
    const outcomes = await Promise.all(
      stores.map(async (store) =>
        only(await store.append([sampleDraft(channel, { idempotency })])),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'appended')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'duplicate')).toHaveLength(7);
    expect(new Set(outcomes.map((outcome) => envelopeOf(outcome).id)).size).toBe(1);
    expect(only(await stores[0].positions([channel])).offset).toBe(1);
  });

  book.clause('S3', 'after the window the key is free again', async () => {
    const store = await bench.store({ idempotencyWindowMs: 50 });
    const channel = freshChannel();
    await store.append([sampleDraft(channel, { idempotency: { key: 'k', digest: 'a' } })]);
    const later = sampleDraft(channel, { idempotency: { key: 'k', digest: 'b' } });
    const outcome = await bench.eventually(async () => {
      const answer = only(await store.append([later]));
      expect(answer.status).toBe('appended');
      return answer;
    });
    expect(envelopeOf(outcome)).toMatchObject({ id: later.id, offset: 2 });
  });
}
