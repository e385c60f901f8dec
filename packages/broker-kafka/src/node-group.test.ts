import { expect, test } from 'vitest';
import { isNodeGroup, newNodeGroup } from './node-group.js';

test('only groups named by us, for this prefix and topic, are ours', () => {
  const ours = newNodeGroup('realtime-notify', 'nodes');
  expect(isNodeGroup('realtime-notify', 'nodes', ours)).toBe(true);
  expect(newNodeGroup('realtime-notify', 'nodes')).not.toBe(ours);
  const foreign = [
    newNodeGroup('other', 'nodes'),
    newNodeGroup('realtime-notify', 'nodes.more'),
    newNodeGroup('realtime-notify', 'node'),
    ...['realtime-notify.nodes.', 'realtime-notify.nodes.orders', `${ours}x`, `x${ours}`, 'nodes'],
  ];
  for (const groupId of foreign) {
    expect(isNodeGroup('realtime-notify', 'nodes', groupId)).toBe(false);
  }
});
