import { expect, test } from 'vitest';
import { Members, parseBeacon } from './members.js';

const beacon = (node: string, offset: number, more: object = {}) => ({
  node,
  epoch: 'e',
  offset,
  periodMs: 1_000,
  ...more,
});

test('who has not read that far is behind, also one that stands in another epoch', () => {
  const members = new Members();
  members.heard(beacon('a', 3), 0);
  members.heard(beacon('b', 4), 0);
  members.heard(beacon('c', 5, { epoch: 'other' }), 0);
  expect(members.behind({ epoch: 'e', offset: 4 }, 0)).toEqual(['a', 'c']);
  members.heard(beacon('a', 4), 1);
  members.heard(beacon('c', 4), 1);
  expect(members.behind({ epoch: 'e', offset: 4 }, 1)).toEqual([]);
});

test('a node that was silent for three of its periods, or left, is not waited for', () => {
  const members = new Members();
  members.heard(beacon('a', 0), 0);
  members.heard(beacon('slow', 0, { periodMs: 5_000 }), 0);
  members.heard(beacon('left', 0), 0);
  members.heard(beacon('left', 0, { leaving: true }), 10);
  const behind = (now: number) => members.behind({ epoch: 'e', offset: 1 }, now);
  expect(behind(3_000)).toEqual(['a', 'slow']);
  expect(behind(3_001)).toEqual(['slow']);
  expect(behind(15_001)).toEqual([]);
});

test('silence while nothing could be heard is excused', () => {
  const members = new Members();
  members.heard(beacon('a', 0), 0);
  members.excuseAll(60_000);
  const behind = (now: number) => members.behind({ epoch: 'e', offset: 1 }, now);
  expect(behind(63_000)).toEqual(['a']);
  expect(behind(63_001)).toEqual([]);
});

test('what is no beacon is none', () => {
  expect(parseBeacon(JSON.stringify(beacon('a', 1, { hello: true })))).toMatchObject({ node: 'a' });
  for (const json of ['', '{}', 'null', JSON.stringify(beacon('', 1)), '{"node":"a"}']) {
    expect(parseBeacon(json)).toBeUndefined();
  }
});
