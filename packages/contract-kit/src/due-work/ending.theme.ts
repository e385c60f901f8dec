import type { DueWork, Store } from '@realtime-notify/core';
import { expect } from 'vitest';
import { OpenHandles } from '../open-handles.js';
import { OutOfBand } from '../out-of-band.js';
import { type DueWorkTheme, longMs, takeAll } from './due-work-harness.js';

export function endingTheme({ book, bench }: DueWorkTheme): void {
  const everyCall = async (dueWork: DueWork, code: string): Promise<void> => {
    const lease = { key: bench.freshKey(), lease: '1' };
    const failed = { code };
    await expect(dueWork.schedule([bench.work()])).rejects.toMatchObject(failed);
    await expect(dueWork.take(1, longMs)).rejects.toMatchObject(failed);
    await expect(dueWork.finish(lease)).rejects.toMatchObject(failed);
    await expect(dueWork.postpone(lease, 0)).rejects.toMatchObject(failed);
    await expect(dueWork.cancel([bench.freshKey()])).rejects.toMatchObject(failed);
  };

  book.capability('W-AWAY', bench.shared, {
    present: async () => {
      const { store, dueWork, goAway } = await bench.fragile();
      await dueWork.schedule([bench.work({ afterMs: longMs })]);
      const thrown = await new OutOfBand().during(async () => {
        await goAway();
        await everyCall(dueWork, 'STORE_UNAVAILABLE');
        await store.drain();
        await store.close();
      });
      expect(thrown).toEqual([]);
    },
    absent: async () => {
      const before = new OpenHandles().sockets;
      const dueWork = await bench.dueWork();
      await dueWork.schedule(bench.works(3));
      await takeAll(dueWork);
      expect(new OpenHandles().sockets).toBeLessThanOrEqual(before);
    },
  });

  book.clause('W-DRAIN', 'calls under way', async () => {
    const { store, dueWork } = await bench.open();
    await settledByDrain(store, () => {
      return Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0 ? dueWork.schedule([bench.work()]) : dueWork.take(1, longMs),
      );
    });
  });

  book.clause('W-DRAIN', 'one call that asks the server several times', async () => {
    const { store, dueWork } = await bench.open();
    await dueWork.schedule([bench.work()]);
    await settledByDrain(store, () => [dueWork.take(1, longMs)]);
  });

  book.clause('W-CLOSE', 'also before it was started', async () => {
    const { store, dueWork } = await bench.open();
    await dueWork.schedule([bench.work()]);
    await store.close();
    await everyCall(dueWork, 'CLOSED');
    const fresh = await bench.unstarted();
    if (bench.shared) await everyCall(fresh.dueWork, 'NOT_STARTED');
    await fresh.store.close();
    await everyCall(fresh.dueWork, 'CLOSED');
  });

  book.clause('W-CLOSE', 'pending calls settle', async () => {
    const { store, dueWork } = await bench.open();
    const pending = Promise.allSettled<unknown>([
      dueWork.schedule(bench.works(50)),
      dueWork.take(10, longMs),
      dueWork.cancel([bench.freshKey()]),
    ]);
    await store.close();
    for (const result of await pending) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CLOSED' });
    }
  });

  book.clause('W-CLOSE', 'no socket and no timer is left', async () => {
    const before = new OpenHandles();
    // Several, so that a timer of each stands out among those of the test runner.
    for (let i = 0; i < 5; i += 1) {
      const { store, dueWork } = await bench.open();
      await dueWork.schedule([bench.work({ afterMs: longMs })]);
      await dueWork.take(1, longMs);
      await store.close();
    }
    await bench.eventually(() => before.mustCoverAll());
  });

  book.capability('W-SHARED', bench.shared, {
    present: async () => {
      const { store, dueWork } = await bench.open();
      const work = bench.work();
      await dueWork.schedule([work]);
      await store.close();
      expect((await bench.takeOne(await bench.dueWork())).key).toBe(work.key);
    },
    absent: async () => {
      await (await bench.dueWork()).schedule([bench.work()]);
      expect(await takeAll(await bench.dueWork())).toEqual([]);
    },
  });
}

async function settledByDrain(store: Pick<Store, 'drain'>, begin: () => Promise<unknown>[]) {
  let settled = 0;
  const begun = begin().map(async (call) => {
    await call;
    settled += 1;
  });
  await store.drain();
  // How many promises an answer passes through is the adapter's business.
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(begun.length);
  await Promise.all(begun);
}
