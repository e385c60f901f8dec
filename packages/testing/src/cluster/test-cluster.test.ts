import { defineCatalogue } from '@realtime-notify/core';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { TestClient } from '../client/test-client.js';
import { type TestCluster, testCluster } from './test-cluster.js';

const catalogue = defineCatalogue({ note: z.object({ text: z.string() }) });
type Schemas = { note: z.ZodObject<{ text: z.ZodString }> };
let cluster: TestCluster<Schemas>;

afterEach(() => cluster.close());

function textsOf({ shown }: TestClient): readonly unknown[] {
  return shown.map(({ data }) => z.object({ text: z.string() }).parse(data).text);
}

function tell(node: number, user: string, text: string) {
  return cluster.node(node).notifier.notify({ to: { user }, type: 'note', data: { text } });
}

test('what is published on one node is shown to clients of all', async () => {
  cluster = await testCluster({ catalogue, nodes: 3 });
  const clients = [
    await cluster.connect({ user: 'u1', node: 0 }),
    await cluster.connect({ user: 'u1', node: 1, kind: 'websocket' }),
    await cluster.connect({ user: 'u2', node: 2 }),
  ];
  await tell(2, 'u1', 'one');
  await cluster.settled();
  expect(clients.map(textsOf)).toEqual([['one'], ['one'], []]);
});

test('a client of a node that died goes on with another where it stood', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1', node: 1 });
  await tell(0, 'u1', 'one');
  await cluster.settled();
  await cluster.node(1).crash();
  expect(client.ending).toEqual({ by: 'crash' });
  await tell(0, 'u1', 'two');
  await client.reconnect({ node: 0 });
  await cluster.settled();
  expect(textsOf(client)).toEqual(['one', 'two']);
  expect(client.losses).toBe(0);
});

test('time passes only when it is told to', async () => {
  cluster = await testCluster({ catalogue, nodes: 1 });
  let rang = false;
  const before = Date.now();
  setTimeout(() => {
    rang = true;
  }, 3_600_000);
  await cluster.advance(3_599_999);
  expect(rang).toBe(false);
  await cluster.advance(1);
  expect(rang).toBe(true);
  expect(Date.now() - before).toBe(3_600_000);
});

test('a write that is cut in the middle is shown again, with the same ids', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect({ user: 'u1' });
  client.cut();
  await Promise.all(['one', 'two', 'three', 'four'].map((text) => tell(0, 'u1', text)));
  await cluster.drain();
  expect(textsOf(client)).toEqual(['one', 'two']);
  expect(client.ending).toEqual({ by: 'client' });
  await client.reconnect({ node: 1 });
  await cluster.settled();
  expect(textsOf(client)).toEqual(['one', 'two', 'one', 'two', 'three', 'four']);
  expect(client.shown[2]?.id).toBe(client.shown[0]?.id);
});

test('the same seed gives the same run', async () => {
  const runs: unknown[] = [];
  for (let run = 0; run < 2; run += 1) {
    cluster = await testCluster({ catalogue, seed: 42 });
    const start = Date.now();
    const client = await cluster.connect({ user: 'u1', node: 1 });
    cluster.broker.drop(0.5);
    cluster.broker.delay({ minMs: 0, maxMs: 100 });
    const seen: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      await tell(0, 'u1', `${count}`);
      await cluster.advance(50);
      seen.push(client.shown.length);
    }
    await cluster.settled();
    runs.push([seen, Date.now() - start]);
    await cluster.close();
  }
  expect(runs[1]).toEqual(runs[0]);
});

test('close gives the process its own clock, chance and immediates back', async () => {
  const before = [setTimeout, setImmediate, clearImmediate, Date, Math.random, performance.now];
  cluster = await testCluster({ catalogue });
  expect(setTimeout).not.toBe(before[0]);
  await cluster.close();
  await cluster.close();
  const after = [setTimeout, setImmediate, clearImmediate, Date, Math.random, performance.now];
  expect(after.map((each, index) => each === before[index])).not.toContain(false);
});

test('two clusters with a virtual clock at the same time are refused', async () => {
  cluster = await testCluster({ catalogue });
  await expect(testCluster({ catalogue })).rejects.toThrow('fake timers twice');
});

test('with the real clock nothing of the process is touched', async () => {
  const { setTimeout: timeout } = globalThis;
  cluster = await testCluster({ catalogue, clock: 'real' });
  expect(setTimeout).toBe(timeout);
  const client = await cluster.connect({ user: 'u1', node: 1 });
  await tell(0, 'u1', 'one');
  await cluster.settled();
  expect(textsOf(client)).toEqual(['one']);
});

test('unknown options are errors', async () => {
  cluster = await testCluster({ catalogue });
  const mistaken = { catalogue, node: 3 };
  await expect(testCluster(mistaken)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
});

test('a crashed node has no notifier, and what was under way rejects', async () => {
  cluster = await testCluster({ catalogue });
  cluster.store.slow(1_000);
  const told = expect(tell(0, 'u1', 'one')).rejects.toMatchObject({ code: 'CLOSED' });
  await cluster.node(0).crash();
  await told;
  expect(() => cluster.node(0).notifier).toThrow('node 0 has crashed');
  cluster.heal();
  await cluster.node(0).restart();
  await tell(0, 'u1', 'two');
});

test('a node that cannot reach the store does not come up', async () => {
  cluster = await testCluster({ catalogue });
  cluster.store.fail();
  await expect(cluster.node(1).restart()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(cluster.node(1).isUp).toBe(false);
  cluster.heal();
  await cluster.node(1).restart();
  expect(cluster.node(1).isUp).toBe(true);
});
