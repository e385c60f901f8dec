import { eventually } from '@realtime-notify/contract-kit';
import {
  type Batch,
  createNotifier,
  defineCatalogue,
  MemoryBus,
  memoryBroker,
  type NotifyResult,
  type Outlet,
  type Ready,
} from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import type { RedisInstance } from '../../../scripts/services/redis.js';
import { redisStore } from '../src/index.js';
import { adminClient } from './test-redis.js';

const catalogue = defineCatalogue({ message: z.object({ n: z.number() }) });
const numbers = {
  encode: ({ dataJson }: { readonly dataJson: string }) => Buffer.from(dataJson),
  separator: Buffer.from('\n'),
};

type Node = Awaited<ReturnType<typeof startedNode>>;

/** A node that compares nothing by itself: what it finds, it finds by what it is given. */
async function startedNode(redis: RedisInstance, bus: MemoryBus) {
  const store = redisStore({
    url: redis.url,
    commandTimeoutMs: 1_000,
    maxReconnectDelayMs: 100,
  });
  const broker = memoryBroker({ bus });
  const notifier = createNotifier({ catalogue, store, broker, positionCheckMs: 3_600_000 });
  onTestFinished(() => notifier.close());
  await notifier.start();
  const publish = async (from: number, to: number): Promise<readonly NotifyResult[]> => {
    const results: NotifyResult[] = [];
    for (let n = from; n <= to; n += 1) {
      results.push(await notifier.notify({ to: { user: 'u1' }, type: 'message', data: { n } }));
    }
    return results;
  };
  const epochsOf = (results: readonly NotifyResult[]) =>
    results.map(({ channels }) => channels[0]?.epoch);
  return { notifier, store, publish, epochsOf };
}

/** A client of the user, and what it was told. */
async function attachedClient({ notifier }: Node, cursor?: string) {
  const seen = { readies: [] as Ready[], numbers: [] as number[], cursor: '' };
  const outlet: Outlet = {
    ready: (ready, at) => {
      seen.readies.push(ready);
      seen.cursor = at;
    },
    write: (batch: Batch, source) => {
      const lines = batch.bytes(numbers).toString().split('\n');
      seen.numbers.push(
        ...lines.map((line) => z.object({ n: z.number() }).parse(JSON.parse(line)).n),
      );
      seen.cursor = source.cursor();
    },
    bufferedBytes: 0,
    onceDrained: (listener) => listener(),
    close: () => {},
  };
  const principal = { userId: 'u1' };
  await notifier.attach({ principal, groups: [], cursor, outlet, isGone: () => false });
  return seen;
}

/**
 * Redis after a crash that took everything since its last snapshot. The nodes have reached it again: what a
 * feed hears before that it compares with the position check, of which there is none here.
 */
async function cameBackOlder(redis: RedisInstance, ...nodes: readonly Node[]): Promise<void> {
  await redis.kill('SIGKILL');
  await redis.restart();
  for (const { store } of nodes) await eventually(() => store.positions(['user:u1']));
}

async function snapshot(redis: RedisInstance): Promise<void> {
  const admin = adminClient(redis.url);
  onTestFinished(() => admin.disconnect());
  await admin.save();
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to + 1 - from }, (_, i) => from + i);

test.each([
  ['follows the channel', true],
  ['follows nothing, and had published what is lost', false],
])('a publisher that %s begins a new epoch at once', async (_, isFollower) => {
  const redis = await privateRedis();
  const bus = new MemoryBus();
  const [follower, job] = [await startedNode(redis, bus), await startedNode(redis, bus)];
  const client = await attachedClient(follower);
  const kept = await job.publish(1, 5);
  await snapshot(redis);
  await job.publish(6, 10);
  await eventually(() => expect(client.numbers).toEqual(range(1, 10)));
  await cameBackOlder(redis, follower, job);
  const publisher = isFollower ? follower : job;
  await eventually(() => publisher.publish(11, 11));
  // More than were lost: nothing stands at the old place any more when somebody looks.
  const after = await publisher.publish(12, 20);
  expect(new Set(publisher.epochsOf(after)).size).toBe(1);
  expect(publisher.epochsOf(after)[0]).not.toBe(job.epochsOf(kept)[0]);
  await eventually(() => expect(client.numbers).toEqual(range(1, 20)));
  expect(client.readies.map(({ recovered }) => recovered)).toEqual([true, false]);
});

test('a publisher that knows nothing: whoever stood further is told all the same, once', async () => {
  const redis = await privateRedis();
  const bus = new MemoryBus();
  const [follower, job] = [await startedNode(redis, bus), await startedNode(redis, bus)];
  const client = await attachedClient(follower);
  await job.publish(1, 3);
  await eventually(() => expect(client.numbers).toEqual(range(1, 3)));
  const early = client.cursor;
  await job.publish(4, 5);
  await snapshot(redis);
  await job.publish(6, 10);
  await eventually(() => expect(client.numbers).toEqual(range(1, 10)));
  const late = client.cursor;
  await cameBackOlder(redis, follower, job);
  const stranger = await startedNode(redis, bus);
  await stranger.publish(11, 20);
  await eventually(() => expect(client.numbers).toEqual(range(1, 20)));
  expect(client.readies.map(({ recovered }) => recovered)).toEqual([true, false]);
  // Who was away comes back to a node that had followed, and to one that had not.
  for (const node of [follower, stranger]) {
    for (const cursor of [early, late]) {
      const back = await attachedClient(node, cursor);
      expect(back.readies.map(({ recovered }) => recovered)).toEqual([false]);
    }
  }
  await stranger.publish(21, 21);
  await eventually(() => expect(client.numbers).toEqual(range(1, 21)));
  expect(client.readies).toHaveLength(2);
});

test('who heard of no place that was given out again is told by the first that has none of them', async () => {
  const redis = await privateRedis();
  const bus = new MemoryBus();
  const follower = await startedNode(redis, bus);
  const client = await attachedClient(follower);
  await follower.publish(1, 5);
  await snapshot(redis);
  await follower.publish(6, 10);
  await eventually(() => expect(client.numbers).toEqual(range(1, 10)));
  await cameBackOlder(redis, follower);
  const unheard = await startedNode(redis, new MemoryBus());
  await unheard.publish(11, 15);
  const stranger = await startedNode(redis, bus);
  const [next] = await stranger.publish(16, 16);
  expect(next?.channels[0]?.offset).toBe(11);
  await eventually(() => expect(client.numbers).toEqual([...range(1, 10), 16]));
  expect(client.readies.map(({ recovered }) => recovered)).toEqual([true, false]);
});

test('nobody has noticed yet: who stood before the loss misses nothing, who stood in it is told', async () => {
  const redis = await privateRedis();
  const node = await startedNode(redis, new MemoryBus());
  const before = await attachedClient(node);
  await node.publish(1, 3);
  await eventually(() => expect(before.numbers).toEqual(range(1, 3)));
  const cursors = [before.cursor];
  await node.publish(4, 5);
  await snapshot(redis);
  await node.publish(6, 10);
  await eventually(() => expect(before.numbers).toEqual(range(1, 10)));
  cursors.push(before.cursor);
  await node.notifier.close();
  await cameBackOlder(redis);
  const stranger = await startedNode(redis, new MemoryBus());
  await stranger.publish(11, 20);
  const [early, late] = [
    await attachedClient(stranger, cursors[0]),
    await attachedClient(stranger, cursors[1]),
  ];
  expect(early.readies[0]).toMatchObject({ recovered: true });
  await eventually(() => expect(early.numbers).toEqual([4, 5, ...range(11, 20)]));
  expect(late.readies[0]).toMatchObject({ recovered: false });
});
