import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelLines } from './channel-lines.js';

test('a job waits for all that stand before it in any of its lines', () => {
  const lines = new ChannelLines<string>();
  expect(lines.join('a', ['x'])).toBe(true);
  expect(lines.join('b', ['y'])).toBe(true);
  expect(lines.join('both', ['x', 'y'])).toBe(false);
  expect(lines.join('c', ['y'])).toBe(false);
  expect(lines.leave('a')).toEqual([]);
  expect(lines.leave('b')).toEqual(['both']);
  expect(lines.leave('both')).toEqual(['c']);
  expect(lines.leave('c')).toEqual([]);
  expect(lines.join('d', ['x', 'y'])).toBe(true);
});

test('whatever ends when, each line is served in its order, and everybody has a turn', () => {
  const names: readonly string[] = ['a', 'b', 'c', 'd'];
  const some = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (jobs, picks) => {
      const lines = new ChannelLines<number>();
      const begun = jobs.flatMap((channels, job) => (lines.join(job, channels) ? [job] : []));
      const ended: number[] = [];
      while (begun.length > 0) {
        const [job] = begun.splice(picks.next().value % begun.length, 1);
        if (job === undefined) break;
        ended.push(job);
        begun.push(...lines.leave(job));
      }
      expect([...ended].sort((one, other) => one - other)).toEqual([...jobs.keys()]);
      for (const channel of names) {
        const line = ended.filter((job) => jobs[job]?.includes(channel));
        expect(line).toEqual([...line].sort((one, other) => one - other));
      }
    }),
  );
});
