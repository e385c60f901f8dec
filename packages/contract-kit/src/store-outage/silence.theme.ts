import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { OutOfBand } from '../out-of-band.js';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from '../store/outcomes.js';
import { type StoreOutageTheme, unavailable } from './store-outage-harness.js';

/** What becomes of a server from which nothing comes, not even an end. */
export function silenceTheme({ book, bench }: StoreOutageTheme): void {
  // The first test, so that no socket of another is counted that is still about to go.
  book.clause('S-SILENT-CLOSE', 'no socket and no timer is left', async () => {
    const before = new OpenHandles();
    const { server, port } = await bench.server();
    const store = await bench.started(port);
    await appendOne(store, sampleDraft(freshChannel()));
    expect(new OpenHandles().sockets).toBeGreaterThan(before.sockets);
    await server.kill('SIGSTOP');
    await store.close();
    await bench.eventually(() => before.mustCoverAll());
  });

  book.clause('S-STOPPED', 'calls reject, the link comes back, nothing runs twice', async () => {
    const { server, port } = await bench.server();
    const store = await bench.started(port);
    const channel = freshChannel();
    await appendOne(store, sampleDraft(channel));
    const thrown = await new OutOfBand().during(async () => {
      await server.kill('SIGSTOP');
      const lost = Array.from({ length: 10 }, () => sampleDraft(channel));
      for (const [outcome] of await Promise.all(lost.map((draft) => store.append([draft])))) {
        expect(outcome).toMatchObject({ status: 'failed', error: unavailable });
      }
      await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
      await server.kill('SIGCONT');
      const last = sampleDraft(channel);
      await bench.eventually(() => appendOne(store, last));
      const { items } = only(await store.readAfter([{ channel, after: 0, limit: 100 }]));
      const ids = items.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.at(-1)).toBe(last.id);
    });
    expect(thrown).toEqual([]);
  });

  book.clause('S-HALF-OPEN', 'it is broken off and made anew, no end was ever seen', async () => {
    const proxy = await bench.proxy();
    const store = await bench.started(proxy.port);
    const channel = freshChannel();
    await appendOne(store, sampleDraft(channel));
    // What an append leaves to be done later may have made another connection.
    await store.drain();
    const before = proxy.accepted;
    proxy.freeze();
    await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
    await bench.eventually(() => appendOne(store, sampleDraft(channel)));
    expect(proxy.accepted).toBeGreaterThan(before);
  });
}
