import type { Store } from '@realtime-notify/core';
import { expect } from 'vitest';
import { OutOfBand } from '../out-of-band.js';
import { freshChannel, sampleDraft } from '../samples.js';
import { appendOne, only } from '../store/outcomes.js';
import { type StoreOutageTheme, unavailable } from './store-outage-harness.js';

/** What happens to calls under way. */
export function trafficTheme({ book, bench }: StoreOutageTheme): void {
  book.clause(
    'S-KILLED',
    'what was accepted is there once, in order, and nothing else',
    async () => {
      const { server, port } = await bench.server();
      const channel = freshChannel();
      const [first, ...others] = [await bench.started(port), await bench.started(port)];
      const total = bench.appends;
      let accepted = 0;
      const write = async (store: Store, writer: number): Promise<[key: string, at: number][]> => {
        const placed: [string, number][] = [];
        for (let i = 0; i < total / 4; i += 1) {
          const key = `${writer}-${i}`;
          const fields = { idempotency: { key, digest: key }, dataJson: `"${key}"` };
          const draft = sampleDraft(channel, fields);
          const { offset } = await bench.eventually(() => appendOne(store, draft));
          accepted += 1;
          placed.push([key, offset]);
        }
        return placed;
      };
      const thrown = await new OutOfBand().during(async () => {
        const writing = [first, ...others, first, ...others].map(write);
        await bench.eventually(() => expect(accepted).toBeGreaterThan(total / 4));
        await server.kill('SIGKILL');
        await bench.eventually(() =>
          expect(first.positions([channel])).rejects.toMatchObject(unavailable),
        );
        await server.restart();
        const placed = (await Promise.all(writing)).flat().toSorted(([, a], [, b]) => a - b);
        expect(placed.map(([, offset]) => offset)).toEqual(placed.map((_, i) => i + 1));
        const page = only(await first.readAfter([{ channel, after: 0, limit: 2 * total }]));
        const read = page.items.map(({ dataJson, offset }) => [JSON.parse(dataJson), offset]);
        expect(read).toEqual(placed);
      });
      expect(thrown).toEqual([]);
    },
  );

  book.clause(
    'S-CUT',
    'each call settles, none runs twice, what was accepted is there',
    async () => {
      const proxy = await bench.proxy();
      const store = await bench.started(proxy.port);
      const channel = freshChannel();
      const callers = 20;
      const accepted: string[] = [];
      const call = async (): Promise<void> => {
        for (let i = 0; i < bench.appends / callers; i += 1) {
          const draft = sampleDraft(channel);
          const [outcome] = await store.append([draft]);
          if (outcome?.status === 'appended') {
            accepted.push(draft.id);
            // The other callers' are under way.
            if (accepted.length % callers === 0) proxy.cut();
          } else {
            expect(outcome).toMatchObject({ status: 'failed', error: unavailable });
            await bench.eventually(() => store.positions([channel]));
          }
        }
      };
      const before = proxy.accepted;
      await Promise.all(Array.from({ length: callers }, call));
      expect(proxy.accepted).toBeGreaterThan(before);
      const limit = 2 * bench.appends;
      const [page] = await bench.eventually(() => store.readAfter([{ channel, after: 0, limit }]));
      const ids = page?.items.map(({ id }) => id) ?? [];
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(accepted));
    },
  );
}
