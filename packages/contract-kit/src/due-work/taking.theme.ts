import { setTimeout as delay } from 'node:timers/promises';
import type { DueWork, LeasedWork } from '@realtime-notify/core';
import { expect } from 'vitest';
import { awkwardJson } from '../samples.js';
import { type DueWorkTheme, longMs, takeAll } from './due-work-harness.js';

export function takingTheme({ book, bench }: DueWorkTheme): void {
  book.clause('W1', 'not before it is due', async () => {
    const dueWork = await bench.dueWork();
    const soon = bench.work({ afterMs: 300 });
    const begun = performance.now();
    await dueWork.schedule([soon, bench.work({ afterMs: longMs })]);
    const taken = await bench.takeOne(dueWork);
    // A bound from below: the clock of the store may count whole milliseconds.
    expect(performance.now() - begun).toBeGreaterThan(295);
    expect(taken).toEqual({
      ...{ key: soon.key, workJson: '{}', attempt: 1, mayRepeat: false },
      lease: expect.any(String),
    });
    expect(await takeAll(dueWork)).toEqual([]);
  });

  book.clause('W1', 'the longest due first, and no more than the limit', async () => {
    const dueWork = await bench.dueWork();
    const [third, first, second] = [100, 0, 50].map((afterMs) => bench.work({ afterMs }));
    await dueWork.schedule([third, first, second].flatMap((work) => work ?? []));
    // Longer than that: both the first and the second are due, and mostly the third is, too.
    await delay(300);
    const two = await dueWork.take(2, longMs);
    expect(two.map(({ key }) => key)).toEqual([first?.key, second?.key]);
    expect((await bench.takeOne(dueWork)).key).toBe(third?.key);
  });

  book.clause('W1', 'by one of several who ask at once', async () => {
    const peers = await bench.peers(4);
    const works = bench.works(200);
    await peers[0].schedule(works);
    const taken: LeasedWork[] = [];
    const takeSome = async (dueWork: DueWork): Promise<void> => {
      for (;;) {
        const some = await dueWork.take(7, longMs);
        expect(some.length).toBeLessThanOrEqual(7);
        taken.push(...some);
        if (some.length === 0) return;
      }
    };
    await bench.eventually(async () => {
      await Promise.all([...peers, ...peers].map(takeSome));
      expect(taken.length).toBeGreaterThanOrEqual(works.length);
    });
    expect(keysOf(taken)).toEqual(keysOf(works));
    expect(await takeAll(peers[0])).toEqual([]);
  });

  book.clause('W1', 'any text, as it is', async () => {
    const dueWork = await bench.dueWork();
    const works = awkwardJson.map((workJson, i) => {
      const label = i === 0 ? 'x'.repeat(460) : `ü {7} "x" \\ 你🎉 ${i}`;
      return bench.work({ key: bench.freshKey(label), workJson });
    });
    await dueWork.schedule(works);
    const taken = await takeAll(dueWork);
    const texts = new Map(taken.map(({ key, workJson }) => [key, workJson]));
    expect(texts).toEqual(new Map(works.map(({ key, workJson }) => [key, workJson])));
    for (const one of taken) expect(await dueWork.finish(one)).toBe(true);
  });

  book.clause('W1', 'nothing scheduled, nothing cancelled, nothing due', async () => {
    const dueWork = await bench.dueWork();
    await dueWork.schedule([]);
    await dueWork.cancel([]);
    expect(await dueWork.take(10, longMs)).toEqual([]);
  });

  book.clause('W2', 'a key that waits keeps its time and its text', async () => {
    const [dueWork, other] = await bench.two();
    const waiting = bench.work({ afterMs: longMs, workJson: '1' });
    const due = bench.work({ workJson: '2' });
    await dueWork.schedule([waiting, due, { ...due, workJson: '3' }]);
    await other.schedule([
      { ...waiting, afterMs: 0, workJson: '4' },
      { ...due, afterMs: longMs, workJson: '5' },
    ]);
    const taken = await takeAll(dueWork);
    expect(taken.map(({ key, workJson }) => [key, workJson])).toEqual([[due.key, '2']]);
  });

  book.clause('W2', 'a key under a lease, or finished, changes nothing', async () => {
    const [dueWork, other] = await bench.two();
    const work = bench.work();
    await dueWork.schedule([work]);
    const taken = await bench.takeOne(dueWork);
    await other.schedule([work]);
    expect(await takeAll(other)).toEqual([]);
    expect(await dueWork.finish(taken)).toBe(true);
    await other.schedule([work, work]);
    expect(await takeAll(other)).toEqual([]);
  });

  book.clause('W6', 'nodes an hour ahead and an hour behind', async () => {
    const { now } = Date;
    const hourMs = 3_600_000;
    const [dueWork, other] = await bench.two();
    try {
      for (const ms of [hourMs, -hourMs]) {
        const [due, waiting] = [bench.work(), bench.work({ afterMs: longMs })];
        Date.now = () => now() + ms;
        await dueWork.schedule([due, waiting]);
        Date.now = () => now() - ms;
        const taken = await takeAll(other);
        expect(keysOf(taken)).toEqual([due.key]);
        Date.now = () => now() + ms;
        expect(await takeAll(dueWork)).toEqual([]);
        for (const one of taken) expect(await dueWork.finish(one)).toBe(true);
      }
    } finally {
      Date.now = now;
    }
  });
}

function keysOf(works: readonly { readonly key: string }[]): readonly string[] {
  return works.map(({ key }) => key).toSorted();
}
