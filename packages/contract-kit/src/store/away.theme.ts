import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { OutOfBand } from '../out-of-band.js';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne } from './outcomes.js';
import type { StoreTheme } from './store-harness.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };

export function awayTheme({ book, bench }: StoreTheme): void {
  book.capability('S-AWAY', bench.shared, {
    present: async () => {
      const channel = freshChannel();
      const { store, goAway } = await bench.fragile();
      const { epoch } = await appendOne(store, sampleDraft(channel));
      const thrown = await new OutOfBand().during(async () => {
        await goAway();
        const drafts = [sampleDraft(channel), sampleDraft(freshChannel())];
        const failed = drafts.map(() => expect.objectContaining({ status: 'failed' }));
        const outcomes = await store.append(drafts);
        expect(outcomes).toEqual(failed);
        for (const outcome of outcomes) expect(outcome).toMatchObject({ error: unavailable });
        const read = store.readAfter([{ channel, after: 0, limit: 1 }]);
        await expect(read).rejects.toMatchObject(unavailable);
        await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
        await expect(store.states([channel])).rejects.toMatchObject(unavailable);
        await expect(store.renewEpoch(channel, epoch)).rejects.toMatchObject(unavailable);
        await store.drain();
        await store.close();
      });
      expect(thrown).toEqual([]);
    },
    absent: async () => {
      const before = new OpenHandles().sockets;
      const store = await bench.store();
      await appendOne(store, sampleDraft(freshChannel()));
      expect(new OpenHandles().sockets).toBeLessThanOrEqual(before);
    },
  });

  book.clause('S-CLOSE', 'no socket and no timer is left after close', async () => {
    const before = new OpenHandles();
    // Several, so that a timer of each stands out among those of the test runner.
    for (let i = 0; i < 5; i += 1) {
      const store = await bench.store();
      await appendOne(store, sampleDraft(freshChannel()));
      await store.close();
    }
    await bench.eventually(() => before.mustCoverAll());
  });
}
