import type { DueWork, LeasedWork } from '@realtime-notify/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type DueWorkBench, type DueWorkTheme, longMs } from './due-work-harness.js';

const keyCount = 6;
const keyIndex = fc.nat({ max: keyCount - 1 });
const isDue = fc.boolean();

/** What one step does. A lease is one that some `take` gave, the work may have gone on since. */
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('schedule'), key: keyIndex, isDue }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('take') }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('finish'), lease: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('postpone'), lease: fc.nat(20), isDue }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel'), key: keyIndex }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** What the model knows of one key. No lease ends by itself here. */
interface Modelled {
  readonly state: 'due' | 'waiting' | 'leased' | 'finished';
  readonly attempt: number;
  readonly lease?: string;
}

export function modelTheme({ book, bench }: DueWorkTheme): void {
  book.clause('W-MODEL', 'random sequences of operations', async () => {
    const peers = await bench.peers(2);
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 30, size: 'max' }),
      async (operations) => {
        const run = new ModelRun(bench);
        for (const [i, step] of operations.entries()) {
          await run.check(peers[i % peers.length] ?? peers[0], step);
        }
        await peers[0].cancel(run.keys);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
}

class ModelRun {
  readonly keys: readonly string[];
  readonly #known = new Map<string, Modelled>();
  readonly #given: LeasedWork[] = [];
  readonly #bench: DueWorkBench;

  constructor(bench: DueWorkBench) {
    this.#bench = bench;
    this.keys = Array.from({ length: keyCount }, () => bench.freshKey());
  }

  async check(dueWork: DueWork, step: Operation): Promise<void> {
    switch (step.op) {
      case 'schedule':
        return this.#schedule(dueWork, this.#key(step.key), step.isDue);
      case 'cancel':
        return this.#cancel(dueWork, this.#key(step.key));
      case 'take':
        return this.#take(dueWork);
      case 'finish':
        return this.#say(step.lease, (work) => dueWork.finish(work), 'finished');
      case 'postpone':
        return this.#say(
          step.lease,
          (work) => dueWork.postpone(work, step.isDue ? 0 : longMs),
          step.isDue ? 'due' : 'waiting',
        );
    }
  }

  #key(index: number): string {
    return this.keys[index] ?? '';
  }

  async #schedule(dueWork: DueWork, key: string, due: boolean): Promise<void> {
    await dueWork.schedule([{ key, afterMs: due ? 0 : longMs, workJson: '{}' }]);
    if (!this.#known.has(key)) {
      this.#known.set(key, { state: due ? 'due' : 'waiting', attempt: 0 });
    }
  }

  async #cancel(dueWork: DueWork, key: string): Promise<void> {
    await dueWork.cancel([key]);
    if (this.#known.get(key)?.state !== 'finished') this.#known.delete(key);
  }

  async #take(dueWork: DueWork): Promise<void> {
    const due = [...this.#known].filter(([, { state }]) => state === 'due');
    const taken: LeasedWork[] = [];
    // A store may tell its own time to a millisecond or two: what is due just now is due in a moment.
    await this.#bench.eventually(async () => {
      taken.push(...(await dueWork.take(keyCount, longMs)));
      expect(taken.length).toBeGreaterThanOrEqual(due.length);
    });
    const expected = due.map(([key, { attempt }]) => [key, attempt + 1, false]);
    const seen = taken.map(({ key, attempt, mayRepeat }) => [key, attempt, mayRepeat]);
    expect(seen.toSorted()).toEqual(expected.toSorted());
    for (const work of taken) {
      const { key, attempt, lease } = work;
      this.#known.set(key, { state: 'leased', attempt, lease });
      this.#given.push(work);
    }
  }

  async #say(
    index: number,
    say: (work: LeasedWork) => Promise<boolean>,
    next: Modelled['state'],
  ): Promise<void> {
    const work = this.#given[index % Math.max(1, this.#given.length)];
    if (work === undefined) return;
    const known = this.#known.get(work.key);
    const holds = known?.lease === work.lease;
    expect(await say(work)).toBe(holds);
    if (holds) this.#known.set(work.key, { state: next, attempt: work.attempt });
  }
}
