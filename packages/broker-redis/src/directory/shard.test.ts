import { expect, test } from 'vitest';
import { Shard } from './shard.js';

const shard = (...userIds: readonly string[]) => {
  const made = new Shard('rn:', 0);
  for (const userId of userIds) made.want(userId);
  return made;
};

function write(to: Shard, most = 100) {
  const taken = to.take(most) ?? { added: [], removed: [] };
  to.wrote(taken);
  return taken;
}

test('what is wanted is written once, in bounded portions', () => {
  const made = shard('1', '2', '3');
  expect(write(made, 2)).toEqual({ added: ['1', '2'], removed: [] });
  expect(write(made, 2)).toEqual({ added: ['3'], removed: [] });
  expect([made.take(2), made.standing, made.found()]).toEqual([undefined, 3, []]);
});

test('the last word counts, also where it came while an earlier one was under way', () => {
  const made = shard('1');
  const underWay = made.take(1);
  made.unwant('1');
  made.wrote(underWay ?? { added: [], removed: [] });
  expect(write(made)).toEqual({ added: [], removed: ['1'] });
  expect(made.standing).toBe(0);
});

test('what failed is written again, and told as found then', () => {
  const made = shard('1', '2');
  made.failed(made.take(100) ?? { added: [], removed: [] });
  made.unwant('2');
  expect(made.found()).toEqual([]);
  expect(write(made)).toEqual({ added: ['1'], removed: ['2'] });
  expect([made.found(), made.found()]).toEqual([['1'], []]);
});

test('what was lost is written again, and told as found then; what was new is not', () => {
  const made = shard('1', '2');
  write(made);
  made.unwant('2');
  made.want('3');
  made.lost();
  expect(write(made).added.toSorted()).toEqual(['1', '3']);
  expect(made.found()).toEqual(['1']);
});

test('what stands is other than was said: missing ones are written again, surplus ones taken out', () => {
  const made = shard('1', '2', '3');
  write(made);
  made.unwant('3');
  write(made);
  made.compare(['1', '3', '4']);
  expect(made.standing).toBe(1);
  expect(write(made)).toEqual({ added: ['2'], removed: ['3', '4'] });
  expect(made.found()).toEqual(['2']);
  made.compare(['1', '2']);
  expect(made.take(100)).toBeUndefined();
});
