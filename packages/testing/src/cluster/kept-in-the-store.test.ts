import { defineCatalogue, memoryTransaction } from '@realtime-notify/core';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type TestCluster, testCluster } from './test-cluster.js';

const schemas = { note: z.object({ text: z.string() }) };
const catalogue = defineCatalogue(schemas);
const note = { to: { user: 'u1' }, type: 'note', data: { text: 'hello' } } as const;
const minute = 60_000;
let cluster: TestCluster<typeof schemas>;

afterEach(() => cluster.close());

/** Nodes that call a hook for what is not seen within a minute; each call is noted, and then `work` is waited for. */
async function escalatingCluster(work: () => unknown = () => {}) {
  const calls: { readonly key: string; readonly mayRepeat: boolean }[] = [];
  const to = async ({ key, mayRepeat }: (typeof calls)[number]): Promise<void> => {
    calls.push({ key, mayRepeat });
    await work();
  };
  const rules = [{ name: 'mail', types: ['note'] as const, unseenAfterMs: minute, to }];
  cluster = await testCluster({ catalogue, notifier: { inbox: {}, escalation: { rules } } });
  const { id } = await cluster.node(0).notifier.notify(note);
  return { calls, key: `escalation:mail:${id}:u1` };
}

test('what is escalated while the store refuses is escalated once, when it answers', async () => {
  const { calls, key } = await escalatingCluster();
  cluster.store.fail('refused');
  await cluster.advance(2 * minute);
  expect(calls).toEqual([]);
  cluster.store.recover();
  await cluster.advance(10 * minute);
  expect(calls).toEqual([{ key, mayRepeat: false }]);
});

test('a lease of which nobody has heard ends, and says that it may be a repetition', async () => {
  const { calls, key } = await escalatingCluster();
  cluster.store.fail('unanswered');
  await cluster.advance(1.1 * minute);
  cluster.store.recover();
  await cluster.advance(60 * minute);
  expect(calls).toEqual([{ key, mayRepeat: true }]);
});

test('what a node was escalating when it crashed is taken over by the other', async () => {
  let crashed: Promise<unknown> = Promise.resolve();
  const { calls, key } = await escalatingCluster(() => {
    // Whichever it is: the first to call dies in the call.
    if (calls.length > 1) return undefined;
    crashed = cluster.node(0).crash();
    return new Promise(() => {});
  });
  await cluster.node(1).crash();
  await cluster.advance(1.1 * minute);
  await crashed;
  expect(calls).toEqual([{ key, mayRepeat: false }]);
  await cluster.node(1).restart();
  await cluster.advance(10 * minute);
  expect(calls).toEqual([
    { key, mayRepeat: false },
    { key, mayRepeat: true },
  ]);
});

test('what was put into a transaction is shown when that has committed, on any node', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  const [kept, undone] = [memoryTransaction(), memoryTransaction()];
  for (const session of [kept, undone]) await cluster.node(0).notifier.notify(note, { session });
  await undone.rollback();
  await cluster.advance(5_000);
  expect(client.shown).toEqual([]);
  await kept.commit();
  await cluster.settled();
  await cluster.advance(20_000);
  expect(client.shown).toHaveLength(1);
});

test.each(['refused', 'unanswered'] as const)(
  'what was committed while calls of the store are %s is stored and shown once',
  async (how) => {
    cluster = await testCluster({ catalogue });
    const client = await cluster.connect({ user: 'u1', node: 1 });
    const session = memoryTransaction();
    await cluster.node(0).notifier.notify(note, { session });
    cluster.store.fail(how);
    await session.commit();
    await cluster.advance(5_000);
    expect(cluster.log('user:u1').items).toHaveLength(how === 'refused' ? 0 : 1);
    cluster.store.recover();
    await cluster.advance(20_000);
    expect(cluster.log('user:u1').items).toHaveLength(1);
    expect(client.shown).toHaveLength(1);
  },
);

test('of what is committed while half of the calls are refused nothing is lost', async () => {
  cluster = await testCluster({ catalogue, seed: 1 });
  const sessions = Array.from({ length: 20 }, () => memoryTransaction());
  for (const session of sessions) await cluster.node(0).notifier.notify(note, { session });
  cluster.store.fail('refused', 0.5);
  for (const session of sessions) {
    await session.commit();
    await cluster.advance(500);
  }
  cluster.store.recover();
  await cluster.advance(2_000);
  expect(cluster.log('user:u1').items).toHaveLength(20);
});

test('what a crashed node put into a transaction is relayed by another', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  const session = memoryTransaction();
  await cluster.node(0).notifier.notify(note, { session });
  await cluster.node(0).crash();
  await session.commit();
  await cluster.settled();
  await cluster.advance(1_000);
  expect(client.shown).toHaveLength(1);
});
