import { eventually, freshChannel, OutOfBand, sampleEnvelope } from '@realtime-notify/contract-kit';
import { slotOf } from '@realtime-notify/redis-connection';
import { expect, test } from 'vitest';
import { privateCluster, privateRedis } from '../../../scripts/private-servers/redis.js';
import type { RedisCluster } from '../../../scripts/services/redis-cluster.js';
import { beginSlotMove } from '../../../scripts/services/redis-cluster-slots.js';
import { ShardTopics } from '../src/topics.js';
import { carries, type Node, node, publishOnlyNode } from './test-node.js';
import { testAdmin } from './test-redis.js';

const unavailable = { code: 'BROKER_UNAVAILABLE' };
/** Masters go on although one of them has failed. */
const serverArgs = ['--cluster-require-full-coverage', 'no'];
const downAndUp = ['up', 'down', 'resync', 'up'];

function nodeOf({ addresses }: RedisCluster): Promise<Node> {
  return node({ cluster: { nodes: addresses } });
}

test('a master killed with -9: its channels are subscribed at the new one, and only they are resynced', async () => {
  const cluster = await privateCluster({ serverArgs });
  const [a, b] = [await nodeOf(cluster), await nodeOf(cluster)];
  const publisher = await publishOnlyNode({ cluster: { nodes: cluster.addresses } });
  const [concerned, other, during] = [channelOf(0), channelOf(1), channelOf(0)];
  await b.broker.subscribe([concerned, other]);
  const thrown = await new OutOfBand().during(async () => {
    await cluster.nodes[0]?.kill('SIGKILL');
    await eventually(() => expect(b.calls).toEqual(['up', 'down']));
    await expect(b.broker.probe()).rejects.toMatchObject(unavailable);
    await expect(b.broker.subscribe([during])).rejects.toMatchObject(unavailable);
    await expect(a.broker.publish([sampleEnvelope(concerned)])).rejects.toMatchObject(unavailable);
    // The other masters carry on.
    await carries(a, b, other);
    await eventually(() => expect(b.calls).toEqual(downAndUp));
    expect(b.sink.resyncs[0]?.channels?.toSorted()).toEqual([concerned, during].toSorted());
    for (const channel of [concerned, during, other]) {
      await carries(a, b, channel);
      await carries(publisher, b, channel);
    }
    await b.broker.probe();
    expect(publisher.calls).toEqual(['up', 'down', 'up']);
  });
  expect(thrown).toEqual([]);
});

test('a master that stopped answering is found by the probe, and left for its replica', async () => {
  const cluster = await privateCluster({ serverArgs });
  const [a, b] = [await nodeOf(cluster), await nodeOf(cluster)];
  const channel = channelOf(2);
  await b.broker.subscribe([channel]);
  await cluster.nodes[2]?.kill('SIGSTOP');
  await eventually(() => expect(b.calls.join(' ')).toMatch(/^up( down resync up)+$/));
  await carries(a, b, channel);
  await cluster.nodes[2]?.kill('SIGCONT');
  await carries(a, b, channel);
});

test('a failover with all alive: subscriptions end without a lost link, and stand at the new master', async () => {
  const cluster = await privateCluster({ serverArgs });
  const [a, b] = [await nodeOf(cluster), await nodeOf(cluster)];
  const channel = channelOf(1);
  await b.broker.subscribe([channel]);
  await testAdmin(cluster.nodes[4]?.url ?? '').call('cluster', 'failover');
  await eventually(() => expect(b.calls.join(' ')).toMatch(/^up( down resync up)+$/));
  await carries(a, b, channel);
  expect(await shardChannels(cluster, 4)).toContain(topics.of(channel));
});

test('a slot that moves: its channels are subscribed at the new owner and resynced, no others', async () => {
  const cluster = await privateCluster({ replicas: 0 });
  const [a, b] = [await nodeOf(cluster), await nodeOf(cluster)];
  const [moving, staying] = [channelOf(0), channelOf(0)];
  const slot = slotOf(topics.of(moving));
  expect(slotOf(topics.of(staying))).not.toBe(slot);
  await b.broker.subscribe([moving, staying]);
  const [from = '', to = '', other = ''] = cluster.nodes.map(({ url }) => url);
  const move = await beginSlotMove({ slot, from, to, masters: [from, to, other] });
  await carries(a, b, moving);
  let moved = false;
  const publishing = (async () => {
    // Hears of the move by its own publishing, mostly before its subscriptions end.
    while (!moved) await b.broker.publish([sampleEnvelope(moving)]);
  })();
  await move.finish();
  moved = true;
  await publishing;
  await eventually(() => expect(b.calls).toContain('resync'));
  await eventually(() => expect(b.calls.at(-1)).toBe('up'));
  for (const { channels } of b.sink.resyncs) expect(channels).toEqual([moving]);
  await carries(a, b, moving);
  await carries(a, b, staying);
  expect(await shardChannels(cluster, 1)).toContain(topics.of(moving));
});

test('a message for a slot that has moved goes to its new owner, in order', async () => {
  const cluster = await privateCluster({ replicas: 0 });
  const follower = await nodeOf(cluster);
  const publisher = await publishOnlyNode({ cluster: { nodes: cluster.addresses } });
  const channel = channelOf(0);
  await follower.broker.subscribe([channel]);
  const [from = '', to = '', other = ''] = cluster.nodes.map(({ url }) => url);
  const slot = slotOf(topics.of(channel));
  await (await beginSlotMove({ slot, from, to, masters: [from, to, other] })).finish();
  await eventually(() => expect(follower.calls.at(-2)).toBe('resync'));
  // Nothing has told the publisher: no subscription of its own has ended.
  const sent = Array.from({ length: 20 }, (_, i) => sampleEnvelope(channel, { offset: i + 1 }));
  await publisher.broker.publish(sent);
  await eventually(() => expect(follower.sink.idsOf(channel)).toEqual(sent.map(({ id }) => id)));
});

test('a master that owns no partition has no part in the state of the link', async () => {
  const cluster = await privateCluster({ serverArgs, replicas: 0 });
  const few = { cluster: { nodes: cluster.addresses }, partitions: 1 };
  const [a, b] = [await node(few), await node(few)];
  const channel = freshChannel();
  await b.broker.subscribe([channel]);
  const owner = masterOf(slotOf('{0}'));
  await cluster.nodes[(owner + 1) % 3]?.kill('SIGKILL');
  await carries(a, b, channel);
  await b.broker.probe();
  expect(b.calls).toEqual(['up']);
});

test('start rejects where trying again cannot help: credentials, a server that is no Cluster', async () => {
  const single = await privateRedis();
  const port = Number(new URL(single.url).port);
  const nodes = [{ host: '127.0.0.1', port }];
  const configuration = (message: string) => ({
    code: 'BROKER_CONFIGURATION',
    message: expect.stringContaining(message),
  });
  await expect(node({ cluster: { nodes } })).rejects.toMatchObject(
    configuration('cluster support disabled'),
  );
  const secured = await privateCluster({ masters: 1, replicas: 0 });
  await testAdmin(secured.nodes[0]?.url ?? '').config('SET', 'requirepass', 'right');
  const { addresses } = secured;
  const wrong = { cluster: { nodes: addresses }, password: 'wr0ng' };
  await expect(node(wrong)).rejects.toMatchObject(configuration('WRONGPASS'));
  const right = await node({ cluster: { nodes: addresses }, password: 'right' });
  expect(right.calls).toEqual(['up']);
});

const topics = new ShardTopics('rn:', '', 256);

/** Which of three masters owns a slot. */
function masterOf(slot: number): number {
  return [2, 1, 0].find((master) => slot >= Math.floor((master * 16_384) / 3)) ?? 0;
}

/** A new channel whose partition this master of three owns. */
function channelOf(master: number): string {
  for (;;) {
    const channel = freshChannel();
    if (masterOf(slotOf(topics.of(channel))) === master) return channel;
  }
}

async function shardChannels({ nodes }: RedisCluster, index: number): Promise<unknown> {
  return testAdmin(nodes[index]?.url ?? '').call('pubsub', 'SHARDCHANNELS', 'rn:*');
}
