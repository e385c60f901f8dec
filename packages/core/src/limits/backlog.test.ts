import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backlog, type Backlogged } from './backlog.js';

class Stream implements Backlogged {
  bufferedBytes = 0;
  closed = false;

  closeSlow(): void {
    this.closed = true;
  }
}

test('the total is the sum of what was noted; beyond the limit the slowest go, down to three quarters', () => {
  const step = fc.record({
    at: fc.nat(4),
    writes: fc.integer({ min: 0, max: 60 }),
    takes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
    ends: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 200 }),
      fc.array(step, { maxLength: 80 }),
      (limit, steps) => {
        let exceeded = 0;
        const backlog = new Backlog(limit, () => {
          exceeded += 1;
        });
        const streams = Array.from({ length: 5 }, () => new Stream());
        const noted = new Map<Stream, number>();
        for (const { at, writes, takes, ends } of steps) {
          const stream = streams[at];
          if (stream === undefined || stream.closed) continue;
          stream.bufferedBytes = Math.max(0, stream.bufferedBytes - takes) + writes;
          if (ends) {
            backlog.forget(stream);
            noted.delete(stream);
            stream.closed = true;
            continue;
          }
          noted.set(stream, stream.bufferedBytes);
          const due = [...noted.values()].reduce((sum, bytes) => sum + bytes, 0) > limit;
          const before = exceeded;
          const open = streams.filter(({ closed }) => !closed);
          const held = [...noted.keys()];
          backlog.note(stream, stream.bufferedBytes);
          if (due) for (const each of held) noted.set(each, each.bufferedBytes);
          const cut = open.filter(({ closed }) => closed);
          for (const each of cut) noted.delete(each);
          const sum = [...noted.values()].reduce((total, bytes) => total + bytes, 0);
          expect(backlog.bytes).toBe(sum);
          expect(backlog.bytes).toBeLessThanOrEqual(limit);
          expect(exceeded - before).toBe(cut.length > 0 ? 1 : 0);
          if (cut.length > 0) {
            expect(sum).toBeLessThanOrEqual(limit * 0.75);
            const fastestCut = Math.min(...cut.map(({ bufferedBytes }) => bufferedBytes));
            for (const each of noted.keys())
              expect(each.bufferedBytes).toBeLessThanOrEqual(fastestCut);
            // None more than needed.
            expect(sum + fastestCut).toBeGreaterThan(limit * 0.75);
          }
        }
      },
    ),
  );
});

test('what clients have taken since they were written to is not held against them', () => {
  const backlog = new Backlog(100, () => {
    throw new Error('nobody was too slow');
  });
  const [one, other] = [new Stream(), new Stream()];
  backlog.note(one, 90);
  other.bufferedBytes = 50;
  backlog.note(other, 50);
  expect([one.closed, other.closed, backlog.bytes]).toEqual([false, false, 50]);
});

test('an ended stream takes no part of the limit, however often that is told', () => {
  const backlog = new Backlog(100, () => {});
  const stream = new Stream();
  backlog.note(stream, 60);
  backlog.forget(stream);
  backlog.forget(stream);
  expect(backlog.bytes).toBe(0);
});
