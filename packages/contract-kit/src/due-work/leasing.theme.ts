import { expect } from 'vitest';
import { type DueWorkTheme, longMs, takeAll } from './due-work-harness.js';

/** Ends while a test looks. */
const shortMs = 100;

export function leasingTheme({ book, bench }: DueWorkTheme): void {
  book.clause('W3', 'to the next who asks, and no earlier', async () => {
    const [dueWork, other] = await bench.two();
    await dueWork.schedule([bench.work({ workJson: '7' })]);
    const begun = performance.now();
    const first = await bench.takeOne(dueWork, 300);
    const second = await bench.takeOne(other, longMs);
    expect(performance.now() - begun).toBeGreaterThan(295);
    expect(second).toMatchObject({ key: first.key, workJson: '7', attempt: 2, mayRepeat: true });
    expect(second.lease).not.toBe(first.lease);
    expect(await takeAll(dueWork)).toEqual([]);
  });

  book.clause('W3', 'once possibly repeated, always', async () => {
    const dueWork = await bench.dueWork();
    await dueWork.schedule([bench.work()]);
    await bench.takeOne(dueWork, shortMs);
    const second = await bench.takeOne(dueWork);
    expect(await dueWork.postpone(second, 0)).toBe(true);
    expect(await bench.takeOne(dueWork)).toMatchObject({ attempt: 3, mayRepeat: true });
  });

  book.clause('W4', 'a lease that was taken over says nothing any more', async () => {
    const [dueWork, other] = await bench.two();
    await dueWork.schedule([bench.work()]);
    const first = await bench.takeOne(dueWork, shortMs);
    const second = await bench.takeOne(other);
    expect(await dueWork.finish(first)).toBe(false);
    expect(await dueWork.postpone(first, 0)).toBe(false);
    expect(await takeAll(dueWork)).toEqual([]);
    expect(await dueWork.finish(second)).toBe(true);
    expect(await other.finish(second)).toBe(false);
    expect(await other.postpone(second, 0)).toBe(false);
    expect(await takeAll(dueWork)).toEqual([]);
  });

  book.clause('W4', 'a lease that has ended, until another begins', async () => {
    const dueWork = await bench.dueWork();
    const [late, witness] = [bench.work(), bench.work()];
    await dueWork.schedule([late]);
    const lease = await bench.takeOne(dueWork, shortMs);
    // Due later than that lease ends: whoever would see this sees that, too.
    await dueWork.schedule([{ ...witness, afterMs: shortMs + 100 }]);
    const finished = await dueWork.finish(lease);
    expect(finished).toBe(true);
    expect((await bench.takeOne(dueWork)).key).toBe(witness.key);
    expect(await takeAll(dueWork)).toEqual([]);
  });

  book.clause('W4', 'a lease that is made up, or of other work', async () => {
    const dueWork = await bench.dueWork();
    const works = [bench.work(), bench.work()];
    await dueWork.schedule(works);
    const [one, two] = await bench.eventually(async () => {
      const taken = await takeAll(dueWork);
      if (taken.length < 2) for (const each of taken) await dueWork.postpone(each, 0);
      expect(taken).toHaveLength(2);
      return taken;
    });
    const [key = '', otherKey = ''] = [one?.key, two?.key];
    for (const lease of ['', '0', 'made-up']) {
      expect(await dueWork.finish({ key, lease })).toBe(false);
      expect(await dueWork.postpone({ key, lease }, 0)).toBe(false);
    }
    const unknown = { key: bench.freshKey(), lease: one?.lease ?? '' };
    expect(await dueWork.finish(unknown)).toBe(false);
    expect(await dueWork.postpone(unknown, 0)).toBe(false);
    expect(await takeAll(dueWork)).toEqual([]);
    expect(await dueWork.finish({ key, lease: one?.lease ?? '' })).toBe(true);
    expect(await dueWork.finish({ key: otherKey, lease: two?.lease ?? '' })).toBe(true);
  });

  book.clause('W4', 'postponed work is due again, not before, and was not done', async () => {
    const [dueWork, other] = await bench.two();
    await dueWork.schedule([bench.work({ workJson: '"first"' })]);
    const first = await bench.takeOne(dueWork);
    const begun = performance.now();
    expect(await dueWork.postpone(first, 300)).toBe(true);
    expect(await dueWork.finish(first)).toBe(false);
    const second = await bench.takeOne(other);
    expect(performance.now() - begun).toBeGreaterThan(295);
    const { key } = first;
    expect(second).toMatchObject({ key, workJson: '"first"', attempt: 2, mayRepeat: false });
    expect(await other.postpone(second, 0, '"other"')).toBe(true);
    const third = await bench.takeOne(dueWork);
    expect(third).toMatchObject({ key, workJson: '"other"', attempt: 3, mayRepeat: false });
    expect(await dueWork.postpone(third, longMs)).toBe(true);
    expect(await takeAll(other)).toEqual([]);
  });

  book.clause('W5', 'waiting, due or under a lease', async () => {
    const [dueWork, other] = await bench.two();
    const [leased, due, waiting] = [bench.work(), bench.work(), bench.work({ afterMs: 150 })];
    await dueWork.schedule([leased]);
    const lease = await bench.takeOne(dueWork, shortMs);
    await dueWork.schedule([due, waiting]);
    await other.cancel([leased.key, due.key, waiting.key, bench.freshKey()]);
    expect(await dueWork.finish(lease)).toBe(false);
    expect(await dueWork.postpone(lease, 0)).toBe(false);
    const witness = bench.work({ afterMs: 300 });
    await dueWork.schedule([witness]);
    expect((await bench.takeOne(dueWork)).key).toBe(witness.key);
  });

  book.clause('W5', 'its key can be scheduled again, as if it were new', async () => {
    const dueWork = await bench.dueWork();
    const work = bench.work({ workJson: '1' });
    await dueWork.schedule([work]);
    const lease = await bench.takeOne(dueWork);
    await dueWork.cancel([work.key]);
    await dueWork.schedule([{ ...work, workJson: '2' }]);
    expect(await dueWork.finish(lease)).toBe(false);
    const again = await bench.takeOne(dueWork);
    expect(again).toMatchObject({ workJson: '2', attempt: 1, mayRepeat: false });
  });

  book.clause('W5', 'finished work stays finished', async () => {
    const dueWork = await bench.dueWork();
    const work = bench.work();
    await dueWork.schedule([work]);
    expect(await dueWork.finish(await bench.takeOne(dueWork))).toBe(true);
    await dueWork.cancel([work.key]);
    await dueWork.schedule([work]);
    expect(await takeAll(dueWork)).toEqual([]);
  });
}
