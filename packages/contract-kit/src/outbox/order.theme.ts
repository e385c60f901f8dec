import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { idsOf, type OutboxTheme } from './outbox-harness.js';

export function orderTheme({ book, bench }: OutboxTheme): void {
  book.clause('O3', 'the puts of one transaction', async () => {
    const peer = await bench.store();
    const channels = [freshChannel(), freshChannel(), freshChannel()];
    const drafts = Array.from({ length: 60 }, (_, i) => sampleDraft(channels[i % 3] ?? ''));
    const transaction = await bench.begin(peer);
    for (let start = 0; start < 60; start += 20) {
      await peer.outbox.put(transaction.session, drafts.slice(start, start + 20));
    }
    await transaction.commit();
    await bench.relayUntil(peer, channels, 60, 7);
    for (const channel of channels) {
      const ids = drafts.filter((draft) => draft.channel === channel).map(({ id }) => id);
      expect(await idsOf(peer.store, channel)).toEqual(ids);
    }
  });

  book.clause('O3', 'a put after a commit, by a transaction that began before it', async () => {
    const peer = await bench.store();
    const channel = freshChannel();
    const early = await bench.begin(peer);
    // Some databases begin in truth with the first write.
    await peer.outbox.put(early.session, [sampleDraft(freshChannel())]);
    const ids: string[] = [];
    const late = await bench.begin(peer);
    for (const transaction of [late, early]) {
      const drafts = [sampleDraft(channel), sampleDraft(channel)];
      await peer.outbox.put(transaction.session, drafts);
      await transaction.commit();
      ids.push(...drafts.map(({ id }) => id));
    }
    await bench.relayUntil(peer, [channel], 4);
    expect(await idsOf(peer.store, channel)).toEqual(ids);
  });

  book.clause('O3', 'one commit after the other while three relays run', async () => {
    const peers = await bench.peers(3);
    const channel = freshChannel();
    const drafts = Array.from({ length: 40 }, () => sampleDraft(channel));
    const relaying = peers.map((peer) => bench.relayUntil(peer, [channel], drafts.length, 2));
    for (const draft of drafts) await bench.commit(peers[0], [draft]);
    await Promise.all(relaying);
    expect(await idsOf(peers[0].store, channel)).toEqual(drafts.map(({ id }) => id));
  });
}
