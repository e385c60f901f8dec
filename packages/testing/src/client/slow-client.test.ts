import { defineCatalogue } from '@realtime-notify/core';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type TestCluster, testCluster } from '../cluster/test-cluster.js';

const schemas = { note: z.object({ text: z.string() }) };
const catalogue = defineCatalogue(schemas);
let cluster: TestCluster<typeof schemas>;

afterEach(() => cluster.close());

async function tell(times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const data = { text: 'x'.repeat(100) };
    await cluster.node(0).notifier.notify({ to: { all: true }, type: 'note', data });
    await cluster.drain();
  }
}

test('a client that takes nothing is closed and comes back without a loss', async () => {
  cluster = await testCluster({ catalogue, notifier: { maxBufferedBytes: 1_000 } });
  const client = await cluster.connect({ kind: 'websocket', bufferBytes: 500 });
  client.pause();
  await tell(2);
  expect(client.shown).toHaveLength(0);
  expect(client.bufferedBytes).toBeGreaterThan(400);
  await tell(8);
  expect(client.ending).toMatchObject({ by: 'server', code: 'SLOW_CONSUMER' });
  client.resume();
  await client.reconnect();
  await cluster.settled();
  expect(client.shown).toHaveLength(10);
  expect(client.losses).toBe(0);
});

test('a slow client takes one write at a time', async () => {
  cluster = await testCluster({ catalogue });
  const client = await cluster.connect();
  client.slow(100);
  await tell(3);
  await cluster.advance(250);
  expect(client.shown).toHaveLength(2);
  await cluster.settled();
  expect(client.shown).toHaveLength(3);
});

test('a refusal rejects and is among the events', async () => {
  cluster = await testCluster({ catalogue, notifier: { maxConnectionsPerUser: 1 } });
  await cluster.connect({ user: 'u1' });
  const second = cluster.client({ user: 'u1' });
  await expect(second.reconnect()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(second.ending).toEqual({ by: 'refusal', code: 'LIMIT_EXCEEDED' });
  expect(second.connected).toBe(false);
});

test('an SSE cursor stands at the end of a write, a WebSocket cursor at each frame', async () => {
  cluster = await testCluster({ catalogue });
  const clients = [await cluster.connect(), await cluster.connect({ kind: 'websocket' })];
  const before = clients.map(({ cursor }) => cursor);
  for (const client of clients) client.cut();
  const data = { text: 'x' };
  const to = { all: true } as const;
  const { notifier } = cluster.node(0);
  await Promise.all([1, 2].map(() => notifier.notify({ to, type: 'note', data })));
  await cluster.drain();
  expect(clients.map(({ shown }) => shown.length)).toEqual([1, 1]);
  expect(clients.map(({ cursor }) => cursor)).toEqual([
    before[0],
    expect.not.stringMatching(before[1] ?? ''),
  ]);
  for (const client of clients) await client.reconnect();
  await cluster.settled();
  expect(clients.map(({ shown }) => shown.map(({ offset }) => offset))).toEqual([
    [1, 1, 2],
    [1, 2],
  ]);
});
