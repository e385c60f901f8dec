import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { freshChannel, sampleDraft } from '../samples.js';
import type { OutboxTheme } from './outbox-harness.js';

export function endingTheme({ book, bench }: OutboxTheme): void {
  book.clause('O-CLOSE', 'calls after close reject, whoever watches included', async () => {
    const peer = await bench.store();
    const transaction = await bench.begin(peer);
    await peer.store.close();
    const closed = { code: 'CLOSED' };
    await expect(peer.outbox.relay(1)).rejects.toMatchObject(closed);
    const put = peer.outbox.put(transaction.session, [sampleDraft(freshChannel())]);
    await expect(put).rejects.toMatchObject(closed);
    peer.outbox.watch(() => {})();
    await peer.store.close();
  });

  book.clause('O-CLOSE', 'relays under way settle when the store is closed', async () => {
    const peer = await bench.store();
    await bench.commit(peer, [sampleDraft(freshChannel()), sampleDraft(freshChannel())]);
    const pending = Promise.allSettled([peer.outbox.relay(1), peer.outbox.relay(1)]);
    await peer.store.close();
    for (const result of await pending) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CLOSED' });
    }
  });

  book.clause('O-DRAIN', 'relays under way', async () => {
    const peer = await bench.store();
    await bench.commit(
      peer,
      Array.from({ length: 20 }, () => sampleDraft(freshChannel())),
    );
    let settled = 0;
    const begun = Array.from({ length: 5 }, () =>
      peer.outbox.relay(4).then(() => {
        settled += 1;
      }),
    );
    await peer.store.drain();
    // How many promises an outcome passes through is the adapter's business.
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(5);
    await Promise.all(begun);
  });

  book.clause('O-CLOSE', 'no socket and no timer is left after close', async () => {
    const before = new OpenHandles();
    // Several, so that a timer of each stands out among those of the test runner.
    for (let i = 0; i < 5; i += 1) {
      const peer = await bench.store();
      peer.outbox.watch(() => {});
      const channel = freshChannel();
      await bench.commit(peer, [sampleDraft(channel)]);
      await bench.relayUntil(peer, [channel], 1);
      await peer.store.close();
    }
    await bench.eventually(() => before.mustCoverAll());
  });
}
