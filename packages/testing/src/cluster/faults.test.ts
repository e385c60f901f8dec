import { defineCatalogue } from '@realtime-notify/core';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type TestCluster, testCluster } from './test-cluster.js';

const schemas = { note: z.object({ text: z.string() }) };
const catalogue = defineCatalogue(schemas);
let cluster: TestCluster<typeof schemas>;

afterEach(() => cluster.close());

function tell(text: string, node = 0, idempotencyKey?: string) {
  const to = { user: 'u1' };
  return cluster.node(node).notifier.notify({ to, type: 'note', data: { text }, idempotencyKey });
}

test('a store that refuses does nothing, one whose answer is lost does all', async () => {
  cluster = await testCluster({ catalogue });
  const unavailable = { code: 'STORE_UNAVAILABLE' };
  cluster.store.fail('refused');
  await expect(tell('one')).rejects.toMatchObject(unavailable);
  expect(cluster.log('user:u1').items).toHaveLength(0);
  cluster.heal();
  // Until a node has found out, it refuses at once.
  await cluster.advance(1_000);
  cluster.store.fail('unanswered');
  await expect(tell('two', 0, 'k')).rejects.toMatchObject(unavailable);
  expect(cluster.log('user:u1').items).toHaveLength(1);
  cluster.heal();
  expect(await tell('two', 1, 'k')).toMatchObject({ duplicate: true });
});

test('a slow store answers when the time has passed', async () => {
  cluster = await testCluster({ catalogue });
  cluster.store.slow(500);
  let answered = false;
  const told = tell('one').then(() => {
    answered = true;
  });
  await cluster.advance(499);
  expect(answered).toBe(false);
  await cluster.advance(1);
  await told;
});

test('without wake-ups a client is behind, and settled waits for the position check', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  cluster.broker.drop(1);
  await tell('one');
  await cluster.drain();
  expect(cluster.behind()).toEqual(['client 0 (u1) stands at 0 of user:u1, the store at 1']);
  const before = Date.now();
  await cluster.settled();
  expect(client.shown).toHaveLength(1);
  expect(Date.now() - before).toBeGreaterThan(1_000);
});

test('settled says who is behind where the store stays away', async () => {
  cluster = await testCluster({ catalogue });
  await cluster.connect({ user: 'u1', node: 1 });
  cluster.broker.drop(1);
  await tell('one');
  cluster.store.fail();
  await expect(cluster.settled(20_000)).rejects.toThrow('not level: client 0 (u1) stands at 0');
});

test('a node that is cut off is told, and level as soon as the link is back', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  const states: string[] = [];
  cluster.node(1).notifier.on('broker', ({ state }) => states.push(state));
  cluster.broker.partition(1);
  await tell('one');
  await cluster.drain();
  expect(client.shown).toHaveLength(0);
  cluster.broker.up();
  await cluster.drain();
  expect(client.shown).toHaveLength(1);
  expect(states).toEqual(['down', 'up']);
});

test('who is not told of the partition learns of it by nothing but the position check', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  cluster.broker.partition(1, { noticedAfterMs: Number.POSITIVE_INFINITY });
  await tell('one');
  cluster.broker.up();
  await cluster.drain();
  expect(client.shown).toHaveLength(0);
  await cluster.advance(10_000);
  expect(client.shown).toHaveLength(1);
});

test('envelopes that come twice or late are shown once and in order', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  cluster.broker.duplicate(0.5);
  cluster.broker.reorder(0.5);
  cluster.broker.delay({ minMs: 0, maxMs: 30 });
  for (let count = 0; count < 20; count += 1) await tell(`${count}`);
  await cluster.settled();
  expect(client.shown.map(({ offset }) => offset)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test('a log that was lost, at its end or whole, is told of', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1' });
  await tell('one');
  await tell('two');
  await cluster.settled();
  cluster.store.loseTail('user:u1', 1);
  expect(cluster.log('user:u1').head.offset).toBe(1);
  await cluster.settled();
  expect(client.losses).toBe(1);
  cluster.store.loseEverything();
  await cluster.settled();
  expect(client.losses).toBe(2);
});

test('a log that was trimmed is lost to who stood before it, and to nobody else', async () => {
  cluster = await testCluster({ catalogue });
  const [near, far] = [
    await cluster.connect({ user: 'u1' }),
    await cluster.connect({ user: 'u1', node: 1 }),
  ];
  far.disconnect();
  await tell('one');
  await tell('two');
  await cluster.settled();
  cluster.store.trim('user:u1', 1);
  expect(cluster.log('user:u1').logStart).toBe(2);
  near.disconnect();
  await near.reconnect({ node: 1 });
  await far.reconnect({ node: 1 });
  expect([near.losses, far.losses]).toEqual([0, 1]);
});

test('G5 what is told as undelivered can be sent again as it is told: the store may have taken it', async () => {
  cluster = await testCluster({ catalogue });
  const { notifier } = cluster.node(0);
  const ada = await cluster.connect({ user: 'u1' });
  const told: string[] = [];
  cluster.store.fail('unanswered');
  notifier.on('undelivered', ({ request }) => {
    told.push(request.idempotencyKey ?? '');
    cluster.heal();
    if (told.length === 1) notifier.enqueue({ ...request, type: 'note', data: { text: 'one' } });
  });
  const id = notifier.enqueue({ to: { user: 'u1' }, type: 'note', data: { text: 'one' } });
  await cluster.advance(60_000);
  await cluster.settled();
  expect(told).toEqual([id]);
  expect(ada.shown.map((shown) => shown.id)).toEqual([id]);
});

test('G2 what is buffered is shown to a client that shows an id once, first without its place', async () => {
  cluster = await testCluster({ catalogue, notifier: { whenStoreDown: 'buffer' } });
  const plain = await cluster.connect({ user: 'u1' });
  const once = await cluster.connect({ user: 'u1', kind: 'websocket' });
  cluster.store.fail('refused');
  const { id, buffered } = await tell('one');
  expect(buffered).toBe(true);
  await cluster.advance(100);
  expect([plain, once].map(({ shown }) => shown.map(({ offset }) => offset))).toEqual([[], [null]]);
  cluster.heal();
  await cluster.advance(5_000);
  expect(plain.shown).toMatchObject([{ id, offset: 1 }]);
  expect(once.shown).toMatchObject([
    { id, offset: null },
    { id, offset: 1 },
  ]);
});
