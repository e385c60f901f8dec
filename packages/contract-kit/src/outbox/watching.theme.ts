import { expect } from 'vitest';
import { freshChannel, sampleDraft } from '../samples.js';
import { idsOf, type OutboxTheme, relayAll } from './outbox-harness.js';

export function watchingTheme({ book, bench }: OutboxTheme): void {
  book.clause('O6', 'two who watch, then one of them', async () => {
    const peer = await bench.store();
    let [first, second] = [0, 0];
    const stop = peer.outbox.watch(() => {
      first += 1;
    });
    peer.outbox.watch(() => {
      second += 1;
    });
    await bench.commit(peer, [sampleDraft(freshChannel())]);
    await bench.eventually(() => expect(Math.min(first, second)).toBeGreaterThan(0));
    stop();
    const [toldFirst, toldSecond] = [first, second];
    await bench.commit(peer, [sampleDraft(freshChannel())]);
    await bench.eventually(() => expect(second).toBeGreaterThan(toldSecond));
    expect(first).toBe(toldFirst);
    stop();
  });

  book.clause('O6', 'who was not told finds the drafts', async () => {
    const peer = await bench.store();
    const channel = freshChannel();
    await bench.commit(peer, [sampleDraft(channel)]);
    await bench.relayUntil(peer, [channel], 1);
  });

  book.capability('O-SHARED', bench.shared, {
    present: async () => {
      const [writer, reader] = [await bench.store(), await bench.store()];
      const channel = freshChannel();
      let told = 0;
      reader.outbox.watch(() => {
        told += 1;
      });
      await bench.commit(writer, [sampleDraft(channel)]);
      await bench.eventually(() => expect(told).toBeGreaterThan(0));
      await writer.store.close();
      expect(reader.store.shared).toBe(true);
      await bench.relayUntil(reader, [channel], 1);
    },
    absent: async () => {
      const [writer, other] = [await bench.store(), await bench.store()];
      const channel = freshChannel();
      let told = 0;
      other.outbox.watch(() => {
        told += 1;
      });
      await bench.commit(writer, [sampleDraft(channel)]);
      await relayAll(other.outbox);
      expect(other.store.shared).toBe(false);
      expect(await idsOf(other.store, channel)).toEqual([]);
      expect(told).toBe(0);
      await bench.relayUntil(writer, [channel], 1);
    },
  });
}
