import { type TestCluster, testCluster } from '@realtime-notify/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { approve, catalogue, type schemas } from './orders.js';

const order = { id: 'o1', customer: 'ada', amount: 90 };
let cluster: TestCluster<typeof schemas>;

beforeEach(async () => {
  cluster = await testCluster({ catalogue, nodes: 2 });
});
afterEach(() => cluster.close());

test('the customer is told on whatever node she is connected to', async () => {
  const ada = await cluster.connect({ user: 'ada', node: 1 });
  await approve(order, cluster.node(0).notifier);
  await cluster.settled();
  expect(ada.shown.map(({ data }) => data)).toEqual([{ orderId: 'o1', amount: 90 }]);
});

test('she is told once, although the answer of the store was lost and we tried again', async () => {
  const ada = await cluster.connect({ user: 'ada', kind: 'websocket' });
  cluster.store.fail('unanswered');
  await expect(approve(order, cluster.node(0).notifier)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  cluster.store.recover();
  // A node finds out within two seconds that the store is back.
  await cluster.advance(2_000);
  await approve(order, cluster.node(0).notifier);
  await cluster.settled();
  expect(ada.shown).toHaveLength(1);
});

test('what she misses while her node is dead is shown by another', async () => {
  const ada = await cluster.connect({ user: 'ada', node: 1 });
  await cluster.node(1).crash();
  await approve(order, cluster.node(0).notifier);
  await ada.reconnect({ node: 0 });
  await cluster.settled();
  expect(ada.shown).toHaveLength(1);
  expect(ada.losses).toBe(0);
});

test('a wake-up that was lost is made up for within ten seconds', async () => {
  const ada = await cluster.connect({ user: 'ada', node: 1 });
  cluster.broker.drop(1);
  await approve(order, cluster.node(0).notifier);
  await cluster.drain();
  expect(ada.shown).toHaveLength(0);
  await cluster.advance(10_000);
  expect(ada.shown).toHaveLength(1);
});
