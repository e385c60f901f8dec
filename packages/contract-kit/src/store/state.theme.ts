import { NotifyError, originPosition, positionOf } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

export function stateTheme({ book, bench }: StoreTheme): void {
  book.clause('S15', 'of writers that start from one position one succeeds', async () => {
    const stores = await bench.peers(4);
    const channel = freshChannel();
    let from = originPosition;
    for (let round = 1; round <= 5; round += 1) {
      const attempts = stores.map((store, i) =>
        store.append([sampleDraft(channel, { change: { from, stateJson: `"${round}-${i}"` } })]),
      );
      const outcomes = (await Promise.all(attempts)).flat();
      const appended = outcomes.flatMap((each) => (each.status === 'appended' ? [each] : []));
      const { envelope } = only(appended);
      for (const outcome of outcomes) {
        if (outcome.status === 'failed') expect(outcome.error.code).toBe('HEAD_MOVED');
      }
      const winner = outcomes.findIndex(({ status }) => status === 'appended');
      from = positionOf(envelope);
      expect(envelope.offset).toBe(round);
      const [state] = await stores[0].states([channel]);
      expect(state).toEqual({ position: from, stateJson: `"${round}-${winner}"` });
    }
  });

  book.clause(
    'S15',
    'what starts elsewhere changes nothing, and fails no other draft',
    async () => {
      const store = await bench.store();
      const channel = freshChannel();
      const first = await appendOne(store, changing(channel, originPosition, '1'));
      const head = positionOf(first);
      const elsewhere = [
        originPosition,
        { ...head, offset: 2 },
        { ...head, tag: 'ffffffff' },
        { ...head, epoch: 'other1' },
      ];
      const other = freshChannel();
      const outcomes = await store.append([
        ...elsewhere.map((from) => changing(channel, from, '2')),
        changing(other, originPosition, '3'),
        changing(other, head, '4'),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'failed',
        'failed',
        'failed',
        'failed',
        'appended',
        'failed',
      ]);
      for (const outcome of outcomes) {
        if (outcome.status !== 'failed') continue;
        expect(NotifyError.is(outcome.error)).toBe(true);
        expect(outcome.error).toMatchObject({ code: 'HEAD_MOVED', retryable: true });
      }
      const [state, ofOther] = await store.states([channel, other]);
      expect(state).toEqual({ position: head, stateJson: '1' });
      expect(ofOther?.stateJson).toBe('3');
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      expect(page.items).toHaveLength(1);
    },
  );

  book.clause('S15', 'a key that was used is a duplicate, wherever the change starts', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    const idempotency = { key: 'change-1', digest: 'd1' };
    const draft = { ...changing(channel, originPosition, '1'), idempotency };
    const first = await appendOne(store, draft);
    expect(await store.append([draft])).toEqual([{ status: 'duplicate', envelope: first }]);
    // What moved was never made: its key is free.
    const [moved] = await store.append([
      { ...changing(channel, originPosition, '2'), idempotency: { key: 'change-2', digest: 'd2' } },
    ]);
    expect(moved?.status).toBe('failed');
    const again = changing(channel, positionOf(first), '2');
    const second = { ...again, idempotency: { key: 'change-2', digest: 'd2' } };
    expect(await appendOne(store, second)).toMatchObject({ offset: 2 });
  });

  book.clause('S16', 'a channel without state has none, and reading makes none', async () => {
    const store = await bench.store();
    const [unknown, plain] = [freshChannel(), freshChannel()];
    const appended = await appendOne(store, sampleDraft(plain));
    expect(await store.states([unknown, plain])).toEqual([
      { position: originPosition, stateJson: null },
      { position: positionOf(appended), stateJson: null },
    ]);
    expect(await store.positions([unknown])).toEqual([originPosition]);
  });

  book.clause('S16', 'any text is kept as it is, also a long one', async () => {
    const store = await bench.store();
    const channel = freshChannel();
    let from = originPosition;
    for (const stateJson of [
      '{}',
      JSON.stringify('\u0000 \ud83d\ude00 "\\'),
      `"${'x'.repeat(60_000)}"`,
    ]) {
      from = positionOf(await appendOne(store, changing(channel, from, stateJson)));
      expect(await store.states([channel])).toEqual([{ position: from, stateJson }]);
    }
  });

  book.clause('S16', 'the state outlives the notification that brought it', async () => {
    const store = await bench.store({ retention: { maxCount: 1, maxAgeMs: 200 } });
    const channel = freshChannel();
    const first = await appendOne(store, changing(channel, originPosition, '1'));
    const position = positionOf(await appendOne(store, changing(channel, positionOf(first), '2')));
    await bench.eventually(async () => {
      const page = only(await store.readAfter([{ channel, after: 0, limit: 10 }]));
      expect(page.items).toEqual([]);
    });
    expect(await store.states([channel])).toEqual([{ position, stateJson: '2' }]);
    expect(await appendOne(store, changing(channel, position, '3'))).toMatchObject({ offset: 3 });
  });
}

function changing(
  channel: string,
  from: typeof originPosition,
  stateJson: string,
): ReturnType<typeof sampleDraft> {
  return sampleDraft(channel, { change: { from, stateJson } });
}
