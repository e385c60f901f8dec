import { expect, test } from 'vitest';
import type { LogPage } from '../ports/store.js';
import { NO_EPOCH, NO_TAG, originPosition, type Position } from '../positions/position.js';
import { positionOf, sampleStored } from '../test-doubles/envelopes.js';
import { judgePage } from './judge-page.js';

const channel = 'user:1';

function at(offset: number, fields: Partial<Position> = {}): Position {
  return { ...positionOf(sampleStored(channel, offset)), ...fields };
}

/** A page of a log that keeps `logStart` to `head`, read as for `position`. */
function page(logStart: number, head: number, position: Position, epoch = 'e1'): LogPage {
  const first = Math.max(logStart, position.offset);
  const items = Array.from({ length: Math.max(0, head - first + 1) }, (_, index) =>
    sampleStored(channel, first + index, { epoch }),
  );
  return { items, logStart, head: at(head, { epoch }) };
}

const otherTag = 'ffffffff';

test.each<[string, number, number, Position, ReturnType<typeof judgePage>]>([
  ['at the head', 1, 9, at(9), 'reachable'],
  ['in the middle', 1, 9, at(4), 'reachable'],
  ['right before what is kept', 5, 9, at(4), 'reachable'],
  ['one before that', 5, 9, at(3), 'unreachable'],
  ['at the head of a log of which nothing is kept', 10, 9, at(9), 'reachable'],
  ['below the head of a log of which nothing is kept', 10, 9, at(8), 'unreachable'],
  ['at offset 0 of a log kept whole', 1, 9, at(0), 'reachable'],
  ['at offset 0 of a log trimmed', 2, 9, at(0), 'unreachable'],
  ['in another epoch', 1, 9, at(4, { epoch: 'e0' }), 'unreachable'],
  ['ahead, in another epoch', 1, 9, at(12, { epoch: 'e0' }), 'unreachable'],
  ['ahead of the head', 1, 9, at(10), 'behind'],
  ['at the head, with another tag', 1, 9, at(9, { tag: otherTag }), 'behind'],
  ['in the middle, with another tag', 1, 9, at(4, { tag: otherTag }), 'behind'],
  ['trimmed away, with another tag', 6, 9, at(4, { tag: otherTag }), 'unreachable'],
  ['before the first log, kept whole', 1, 9, originPosition, 'reachable'],
  ['before the first log, trimmed', 2, 9, originPosition, 'unreachable'],
  ['in no epoch, yet behind something', 1, 9, at(4, { epoch: NO_EPOCH }), 'unreachable'],
])('a position %s (log %i to %i)', (_, logStart, head, position, verdict) => {
  expect(judgePage(page(logStart, head, position), position)).toBe(verdict);
});

test.each<[string, string | undefined, ReturnType<typeof judgePage>]>([
  ['the very notification of the position', at(4).tag, 'reachable'],
  ['another', otherTag, 'behind'],
  ['what is not known', undefined, 'reachable'],
])('a position right before what is kept, which was put behind %s', (_, previousTag, verdict) => {
  const { items, ...rest } = page(5, 9, at(4));
  const named = items.map((item) => ({ ...item, ...(previousTag && { previousTag }) }));
  expect(judgePage({ ...rest, items: named }, at(4))).toBe(verdict);
});

test('a channel without a log has the origin in reach, and no other position', () => {
  const nothing: LogPage = { items: [], logStart: 1, head: originPosition };
  expect(judgePage(nothing, originPosition)).toBe('reachable');
  expect(judgePage(nothing, at(3))).toBe('unreachable');
});

test('an item that expired on its own cannot be compared, and is taken for the same', () => {
  const position = at(4, { tag: otherTag });
  const whole = page(1, 9, position);
  const thinned = { ...whole, items: whole.items.filter(({ offset }) => offset !== 4) };
  expect(judgePage(thinned, position)).toBe('reachable');
});

test('the head of an empty log is compared by tag too', () => {
  const renewed: LogPage = {
    items: [],
    logStart: 1,
    head: { epoch: 'e1', offset: 0, tag: NO_TAG },
  };
  expect(judgePage(renewed, { epoch: 'e1', offset: 0, tag: NO_TAG })).toBe('reachable');
});
