import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type TestCluster, testCluster } from '@realtime-notify/testing';
import { approve, catalogue, type schemas } from '../guide/orders.js';

let cluster: TestCluster<typeof schemas>;

afterEach(() => cluster.close());

test('a customer is told after an hour on another node', async () => {
  cluster = await testCluster({ catalogue, seed: 1 });
  const ada = await cluster.connect({ user: 'ada', node: 1 });
  await cluster.advance(3_600_000);
  await approve({ id: 'o1', customer: 'ada', amount: 90 }, cluster.node(0).notifier);
  await cluster.settled();
  assert.equal(ada.shown.length, 1);
});
