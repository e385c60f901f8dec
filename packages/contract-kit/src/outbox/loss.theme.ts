import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { OutOfBand } from '../out-of-band.js';
import { freshChannel, sampleDraft } from '../samples.js';
import { idsOf, type OutboxTheme, relayAll } from './outbox-harness.js';

const rounds = 5;

export function lossTheme({ book, bench }: OutboxTheme): void {
  book.capability('O-KILLED', bench.shared, {
    present: async () => {
      const survivor = await bench.store();
      for (let round = 0; round < rounds; round += 1) {
        const channels = [freshChannel(), freshChannel()];
        const drafts = Array.from({ length: 40 }, (_, i) => sampleDraft(channels[i % 2] ?? ''));
        await bench.commit(survivor, drafts);
        const { outbox, goAway } = await bench.fragile();
        const dying = relayAll(outbox, 3).catch(() => []);
        // Each round it is cut off a little later.
        for (let turn = 0; turn < round * 10; turn += 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        await goAway();
        await bench.relayUntil(survivor, channels, drafts.length, 5);
        await dying;
        for (const channel of channels) {
          const ids = drafts.filter((draft) => draft.channel === channel).map(({ id }) => id);
          expect(await idsOf(survivor.store, channel)).toEqual(ids);
        }
      }
      expect(await relayAll(survivor.outbox)).toEqual([{ drafts: [], outcomes: [], more: false }]);
    },
    absent: async () => {
      const peer = await bench.store();
      const transaction = await bench.begin(peer);
      await peer.outbox.put(transaction.session, [sampleDraft(freshChannel())]);
      await bench.commit(peer, [sampleDraft(freshChannel())]);
      let told = 0;
      peer.outbox.watch(() => {
        told += 1;
      });
      await peer.store.close();
      await transaction.commit();
      expect(told).toBe(0);
      await expect(peer.outbox.relay(1)).rejects.toMatchObject({ code: 'CLOSED' });
    },
  });

  book.capability('O-AWAY', bench.shared, {
    present: async () => {
      const { store, outbox, goAway } = await bench.fragile();
      const stop = outbox.watch(() => {});
      const thrown = await new OutOfBand().during(async () => {
        await goAway();
        const unavailable = { code: 'STORE_UNAVAILABLE', retryable: true };
        await expect(outbox.relay(10)).rejects.toMatchObject(unavailable);
        await expect(outbox.relay(10)).rejects.toMatchObject(unavailable);
        stop();
        await store.drain();
        await store.close();
      });
      expect(thrown).toEqual([]);
    },
    absent: async () => {
      const before = new OpenHandles().sockets;
      const peer = await bench.store();
      const channel = freshChannel();
      await bench.commit(peer, [sampleDraft(channel)]);
      await bench.relayUntil(peer, [channel], 1);
      expect(new OpenHandles().sockets).toBeLessThanOrEqual(before);
    },
  });
}
