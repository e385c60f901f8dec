import { expect, test } from 'vitest';
import { ClusterView } from './cluster-view.js';

const asked = { host: 'here', port: 1 };
const replica = ['10.0.0.9', 7, 'id', []];
const halves = [
  [0, 8_191, ['10.0.0.1', 7, 'id', []], replica],
  [8_192, 16_383, ['10.0.0.2', 7, 'id', []]],
];

test('owners by slot, each master once, the epoch', () => {
  const view = new ClusterView(
    [[0, 99, ['10.0.0.2', 7]], [100, 8_191, ['10.0.0.1', 7]], halves[1]],
    'cluster_state:ok\r\ncluster_current_epoch:12\r\n',
    asked,
  );
  expect(view.epoch).toBe(12);
  expect(view.isWhole).toBe(true);
  expect(view.masters).toHaveLength(2);
  const hosts = [0, 99, 100, 8_191, 8_192, 16_383].map((slot) => view.ownerOf(slot)?.host);
  expect(hosts).toEqual(['10.0.0.2', '10.0.0.2', '10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2']);
});

test('a node that leaves its own name out is the one that was asked', () => {
  for (const name of [null, '']) {
    const view = new ClusterView([[0, 1, [name, 7]]], '', asked);
    expect(view.ownerOf(0)).toEqual({ host: 'here', port: 7 });
    expect(view.ownerOf(2)).toBeUndefined();
    expect(view.isWhole).toBe(false);
  }
});

test('looks are the same where the owners are, in whatever order', () => {
  const [one, other] = [new ClusterView(halves, '', asked), new ClusterView(halves, '', asked)];
  expect(one.sameAs(other)).toBe(true);
  expect(one.sameAs(new ClusterView(halves.toReversed(), '', asked))).toBe(true);
  const moved = new ClusterView([...halves, [5, 5, ['10.0.0.2', 7]]], '', asked);
  expect(one.sameAs(moved)).toBe(false);
  expect(one.sameAs(new ClusterView(halves.slice(1), '', asked))).toBe(false);
});

test.each([['none'], [[[1, 'x', ['h', 7]]]], [[[1, 2, ['h']]]], [[7]]])(
  '%j is no answer',
  (slots) => {
    expect(() => new ClusterView(slots, '', asked)).toThrow('CLUSTER SLOTS');
  },
);
