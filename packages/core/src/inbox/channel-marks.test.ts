import { expect, test } from 'vitest';
import { NO_EPOCH } from '../positions/position.js';
import { ChannelMarks } from './channel-marks.js';

const ends = (epoch: string, offset: number, logStart = 1) => {
  return { logStart, head: { epoch, offset, tag: '00000000' } };
};

test('marks count as long as the log lives', () => {
  const marks = ChannelMarks.none('e1', 2);
  marks.read.add(5);
  expect(marks.in(ends('e1', 9))).toBe(marks);
});

test('of a log that lost data nothing counts as marked, and what comes is in the inbox', () => {
  const marks = ChannelMarks.none('e1', 7);
  marks.read.addUpTo(9);
  const after = marks.in(ends('e2', 4));
  expect(after.toJson()).toMatchObject({ epoch: 'e2', joinedAt: 4, read: '4' });
  expect(after.firstIn(ends('e2', 6), 100)).toBe(5);
});

test('the first notification of a channel is no loss', () => {
  const marks = ChannelMarks.none(NO_EPOCH, 0);
  expect(marks.in(ends('e1', 3)).toJson()).toMatchObject({ epoch: 'e1', joinedAt: 0 });
});

test('an inbox begins after the joining, with what is kept, and has so many at most', () => {
  const marks = ChannelMarks.none('e1', 10);
  expect(marks.firstIn(ends('e1', 20), 1_000)).toBe(11);
  expect(marks.firstIn(ends('e1', 20, 15), 1_000)).toBe(15);
  expect(marks.firstIn(ends('e1', 20, 15), 3)).toBe(18);
});

test('what is forgotten takes no room', () => {
  const marks = ChannelMarks.none('e1', 0);
  for (const offset of [2, 4, 6, 9]) marks.archived.add(offset);
  marks.forgetBefore(8);
  expect(marks.toJson()).toMatchObject({ seen: '7', read: '7', archived: '7:Ag', removed: '7' });
});

test('what it writes it reads, and nothing else', () => {
  const marks = ChannelMarks.none('e1', 3);
  marks.read.add(5);
  const json = marks.toJson();
  expect(ChannelMarks.parse(json)?.toJson()).toEqual(json);
  expect(ChannelMarks.parse({ ...json, removed: 'x' })).toBeUndefined();
});
