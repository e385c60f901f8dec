import { expect } from 'vitest';
import { awkwardJson, freshChannel, sampleDraft } from '../samples.js';
import { asStored } from '../store/outcomes.js';
import { idsOf, logOf, type OutboxTheme, relayAll } from './outbox-harness.js';

export function committingTheme({ book, bench }: OutboxTheme): void {
  book.clause('O1', 'a commit appends what was put, its fields unchanged', async () => {
    const peer = await bench.store();
    const channel = freshChannel();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const drafts = awkwardJson.map((dataJson, i) =>
      sampleDraft(channel, i === 0 ? { dataJson, traceparent } : { dataJson }),
    );
    await bench.commit(peer, drafts);
    const relays = await bench.relayUntil(peer, [channel], drafts.length);
    const log = await logOf(peer.store, channel);
    expect(log).toEqual(asStored(drafts, log[0]?.epoch ?? ''));
    const told = relays.flatMap((relayed) => relayed.drafts);
    expect(told.filter((draft) => draft.channel === channel)).toEqual(drafts);
    const outcomes = relays.flatMap((relayed) => relayed.outcomes);
    const envelopes = outcomes.flatMap((outcome) =>
      outcome.status === 'appended' && outcome.envelope.channel === channel
        ? [outcome.envelope]
        : [],
    );
    expect(envelopes).toEqual(log);
  });

  book.clause('O1', 'nothing is appended before the commit', async () => {
    const peer = await bench.store();
    const channel = freshChannel();
    const transaction = await bench.begin(peer);
    await peer.outbox.put(transaction.session, [sampleDraft(channel)]);
    await relayAll(peer.outbox);
    expect(await idsOf(peer.store, channel)).toEqual([]);
    await transaction.commit();
    await bench.relayUntil(peer, [channel], 1);
  });

  book.clause('O1', 'a rollback appends nothing', async () => {
    const peer = await bench.store();
    const [channel, kept] = [freshChannel(), freshChannel()];
    const transaction = await bench.begin(peer);
    await peer.outbox.put(transaction.session, [sampleDraft(channel), sampleDraft(kept)]);
    await transaction.rollback();
    await bench.commit(peer, [sampleDraft(kept)]);
    await bench.relayUntil(peer, [kept], 1);
    await relayAll(peer.outbox);
    expect(await idsOf(peer.store, channel)).toEqual([]);
    expect(await idsOf(peer.store, kept)).toHaveLength(1);
  });

  book.clause('O1', 'a transaction that puts nothing, or an empty list, is one', async () => {
    const peer = await bench.store();
    await (await bench.begin(peer)).commit();
    await bench.commit(peer, []);
    expect((await relayAll(peer.outbox)).flatMap(({ drafts }) => drafts)).toEqual([]);
  });

  book.clause('O7', 'puts for the same channels by four of them', async () => {
    const peer = await bench.store();
    const channels = Array.from({ length: 3 }, () => freshChannel());
    const open = await Promise.all(Array.from({ length: 4 }, () => bench.begin(peer)));
    const drafts = channels.map((channel) => sampleDraft(channel));
    for (const { session } of open) {
      const fresh = drafts.map(({ channel }) => sampleDraft(channel));
      await peer.outbox.put(session, fresh);
    }
    for (const { commit } of open.toReversed()) await commit();
    await bench.relayUntil(peer, channels, 12);
  });

  book.clause('O-SESSION', 'values that are no session', async () => {
    const { outbox } = await bench.store();
    const refused = { code: 'OPTIONS_INVALID' };
    for (const session of [undefined, null, {}, 'session', () => {}]) {
      const put = outbox.put(session, [sampleDraft(freshChannel())]);
      await expect(put).rejects.toMatchObject(refused);
    }
  });

  book.clause('O-SESSION', 'a session whose transaction has ended', async () => {
    const peer = await bench.store();
    const channel = freshChannel();
    for (const end of ['commit', 'rollback'] as const) {
      const transaction = await bench.begin(peer);
      await transaction[end]();
      // What it rejects with is the driver's where that has closed the session.
      await expect(peer.outbox.put(transaction.session, [sampleDraft(channel)])).rejects.toThrow();
    }
    await relayAll(peer.outbox);
    expect(await idsOf(peer.store, channel)).toEqual([]);
  });
}
