import { NotifyError } from '@realtime-notify/core';
import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne } from '../store/outcomes.js';
import { idsOf, type OutboxTheme, relayAll, toldOf } from './outbox-harness.js';

export function relayingTheme({ book, bench }: OutboxTheme): void {
  book.clause('O2', 'four relays at once', async () => {
    const peers = await bench.peers(4);
    const channels = Array.from({ length: 5 }, () => freshChannel());
    const drafts = Array.from({ length: 100 }, (_, i) => sampleDraft(channels[i % 5] ?? ''));
    for (let start = 0; start < drafts.length; start += 10) {
      await bench.commit(peers[0], drafts.slice(start, start + 10));
    }
    const relays = await Promise.all(
      peers.map((peer) => bench.relayUntil(peer, channels, drafts.length, 7)),
    );
    for (const channel of channels) {
      const ids = drafts.filter((draft) => draft.channel === channel).map(({ id }) => id);
      expect(await idsOf(peers[0].store, channel)).toEqual(ids);
      // Among all relays each is told once.
      expect(toldOf(relays.flat(), channel)).toHaveLength(ids.length);
    }
  });

  book.clause('O2', 'a key that was used makes a duplicate', async () => {
    const peer = await bench.store();
    const channel = freshChannel();
    const idempotency = { key: 'k1', digest: 'd1' };
    const first = await appendOne(peer.store, sampleDraft(channel, { idempotency }));
    await bench.commit(peer, [sampleDraft(channel, { idempotency }), sampleDraft(channel)]);
    const relays = await bench.relayUntil(peer, [channel], 2);
    expect(toldOf(relays, channel)[0]).toEqual({ status: 'duplicate', envelope: first });
    expect(await relayAll(peer.outbox)).toEqual([{ drafts: [], outcomes: [], more: false }]);
  });

  book.clause(
    'O4',
    'a relay takes no more than it is asked for, and says where more is',
    async () => {
      const peer = await bench.store();
      const channel = freshChannel();
      const drafts = Array.from({ length: 10 }, () => sampleDraft(channel));
      await bench.commit(peer, drafts);
      const relays = await bench.relayUntil(peer, [channel], 10, 3);
      for (const { drafts: some, outcomes } of relays) {
        expect(some.length).toBeLessThanOrEqual(3);
        expect(outcomes).toHaveLength(some.length);
      }
      const working = relays.filter(({ drafts: some }) => some.length > 0);
      for (const { more } of working.slice(0, -1)) expect(more).toBe(true);
      expect(relays.at(-1)?.more).toBe(false);
      expect(await idsOf(peer.store, channel)).toEqual(drafts.map(({ id }) => id));
    },
  );

  book.clause('O5', 'a key that was used for another content', async () => {
    const peer = await bench.store();
    const [channel, other] = [freshChannel(), freshChannel()];
    const first = sampleDraft(channel, { idempotency: { key: 'k1', digest: 'd1' } });
    await appendOne(peer.store, first);
    const conflicting = sampleDraft(channel, { idempotency: { key: 'k1', digest: 'd2' } });
    const after = [sampleDraft(channel), sampleDraft(other)];
    await bench.commit(peer, [conflicting, ...after]);
    const relays = await bench.relayUntil(peer, [channel, other], 3);
    const told = toldOf(relays, channel);
    expect(told.map(({ status }) => status)).toEqual(['failed', 'appended']);
    const [failed] = told;
    if (failed?.status !== 'failed') throw new Error('the conflict was not told');
    expect(NotifyError.is(failed.error)).toBe(true);
    expect(failed.error.code).toBe('IDEMPOTENCY_CONFLICT');
    const drafts = relays.flatMap((relayed) => relayed.drafts);
    expect(drafts.find(({ id }) => id === conflicting.id)).toEqual(conflicting);
    expect(await idsOf(peer.store, channel)).toEqual([first.id, after[0]?.id]);
    expect(await relayAll(peer.outbox)).toEqual([{ drafts: [], outcomes: [], more: false }]);
  });
}
