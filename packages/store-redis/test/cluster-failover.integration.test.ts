import { randomUUID } from 'node:crypto';
import { eventually, freshChannel, OutOfBand, sampleDraft } from '@realtime-notify/contract-kit';
import {
  type AppendOutcome,
  createNotifier,
  defineCatalogue,
  type Outlet,
  type Ready,
  type Store,
} from '@realtime-notify/core';
import { slotOf } from '@realtime-notify/redis-connection';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { durable, privateCluster, privateRedis } from '../../../scripts/private-servers/redis.js';
import type { RedisCluster } from '../../../scripts/services/redis-cluster.js';
import { beginSlotMove } from '../../../scripts/services/redis-cluster-slots.js';
import { type RedisStoreSettings, redisStore } from '../src/index.js';
import { adminClient } from './test-redis.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 100 };
/** Masters go on although one of them has failed. */
const partly = ['--cluster-require-full-coverage', 'no'];

async function startedStore(
  { addresses }: RedisCluster,
  options: RedisStoreSettings = {},
): Promise<Store> {
  const store = redisStore({ ...quick, cluster: { nodes: addresses }, ...options });
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('a master killed with -9: its channels reject meanwhile, the others go on, nothing is missing', async () => {
  const cluster = await privateCluster({ serverArgs: [...durable, ...partly] });
  const store = await startedStore(cluster);
  const channel = channelOf(0);
  const others = [1, 2].map((master) => channelOf(master));
  const before = Array.from({ length: 50 }, () => sampleDraft(channel));
  const [first] = await store.append(before);
  await replicaHasTaken(cluster, 0);
  const thrown = await new OutOfBand().during(async () => {
    await cluster.nodes[0]?.kill('SIGKILL');
    await eventually(() => expect(store.positions([channel])).rejects.toMatchObject(unavailable));
    const drafts = [channel, ...others].map((name) => sampleDraft(name));
    const [failed, ...rest] = await store.append(drafts);
    expect(failed).toMatchObject({ status: 'failed', error: unavailable });
    for (const outcome of rest) expect(outcome).toMatchObject({ status: 'appended' });
    const key = randomUUID();
    const draft = sampleDraft(channel, { idempotency: { key, digest: 'd' } });
    const outcome = await eventually(async () => done(await store.append([draft])));
    expect(outcome.envelope).toMatchObject({ offset: 51, epoch: done([first]).envelope.epoch });
    const [page] = await store.readAfter([{ channel, after: 0, limit: 100 }]);
    expect(page?.items.map(({ id }) => id)).toEqual([...before, draft].map(({ id }) => id));
  });
  expect(thrown).toEqual([]);
});

test('a master that stopped answering: calls reject in time, and go to its replica once that is master', async () => {
  const cluster = await privateCluster({ serverArgs: partly });
  const store = await startedStore(cluster);
  const channel = channelOf(1);
  await store.append([sampleDraft(channel)]);
  await replicaHasTaken(cluster, 1);
  const thrown = await new OutOfBand().during(async () => {
    await cluster.nodes[1]?.kill('SIGSTOP');
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => store.append([sampleDraft(channel)])),
    );
    for (const [outcome] of outcomes) {
      expect(outcome).toMatchObject({ status: 'failed', error: unavailable });
    }
    const last = sampleDraft(channel);
    await eventually(async () => done(await store.append([last])));
    await cluster.nodes[1]?.kill('SIGCONT');
    const [page] = await store.readAfter([{ channel, after: 0, limit: 100 }]);
    expect(page?.items.at(-1)?.id).toBe(last.id);
  });
  expect(thrown).toEqual([]);
});

test('a failover that lost accepted appends: the node finds it, and its clients are told', async () => {
  const cluster = await privateCluster({ serverArgs: partly });
  const store = redisStore({ ...quick, cluster: { nodes: cluster.addresses } });
  const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });
  const notifier = createNotifier({ catalogue, store, positionCheckMs: 100 });
  onTestFinished(() => notifier.close());
  await notifier.start();
  const channel = channelOf(2, 'user:');
  const user = channel.slice('user:'.length);
  const readies: Ready[] = [];
  await notifier.attach({
    principal: { userId: user },
    groups: [],
    outlet: silentOutlet((ready) => readies.push(ready)),
    isGone: () => false,
  });
  const say = (text: string): Promise<unknown> =>
    notifier.notify({ to: { user }, type: 'message', data: { text } });
  await say('kept');
  await replicaHasTaken(cluster, 2);
  const [before] = await store.positions([channel]);
  await shutOutReplica(cluster, 2);
  await say('lost');
  await cluster.nodes[2]?.kill('SIGKILL');
  await eventually(() => say('after'));
  await eventually(() => expect(readies.at(-1)).toMatchObject({ recovered: false }));
  const [after] = await store.positions([channel]);
  expect(after?.offset).toBe(2);
  expect(after?.epoch).not.toBe(before?.epoch);
});

test('while a replica becomes master, calls that could not be sent wait for it; each is done once', async () => {
  const cluster = await privateCluster({ serverArgs: partly });
  const store = await startedStore(cluster, { commandTimeoutMs: 20_000 });
  const channel = channelOf(0);
  await store.append([sampleDraft(channel)]);
  await replicaHasTaken(cluster, 0);
  await cluster.nodes[0]?.kill('SIGKILL');
  const admin = adminOf(cluster.nodes[3]?.url ?? '');
  const drafts = Array.from({ length: 20 }, () => sampleDraft(channel));
  // It has lost its master, and so have we.
  await eventually(async () => {
    expect(await admin.call('role')).toEqual(expect.arrayContaining(['connect']));
  });
  for (const outcome of await store.append(drafts))
    expect(outcome).toMatchObject({ status: 'appended' });
  const [page] = await store.readAfter([{ channel, after: 1, limit: 100 }]);
  expect(page?.items.map(({ id }) => id)).toEqual(drafts.map(({ id }) => id));
});

test('a slot that moves: what goes on meanwhile is done once, in order, where its keys are', async () => {
  const cluster = await privateCluster({ replicas: 0 });
  const store = await startedStore(cluster, { commandTimeoutMs: 20_000 });
  const channel = channelOf(0);
  const slot = slotOf(channel);
  const [from = '', to = '', other = ''] = cluster.nodes.map(({ url }) => url);
  const ids: string[] = [];
  const append = async (): Promise<void> => {
    const key = randomUUID();
    const draft = sampleDraft(channel, { idempotency: { key, digest: key } });
    ids.push(draft.id);
    done(await store.append([draft]));
  };
  await append();
  const moving = await beginSlotMove({ slot, from, to, masters: [from, to, other] });
  // Its key is nowhere yet: Redis takes such a call when the slot has arrived.
  const waiting = append();
  await moving.takeKeys();
  const [asked] = await store.positions([channel]);
  expect(asked?.offset).toBe(1);
  await moving.finish();
  await waiting;
  await append();
  const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
  expect(page?.items.map(({ id }) => id)).toEqual(ids);
  const admin = adminOf(to);
  expect(await admin.call('cluster', 'countkeysinslot', slot)).toBeGreaterThan(0);
});

test('start rejects: wrong credentials at once, a server that is no Cluster at once, nobody there in time', async () => {
  const cluster = await privateCluster({ masters: 1, replicas: 0 });
  const single = await privateRedis();
  const { host, port } = cluster.addresses[0] ?? { host: '', port: 0 };
  const admin = adminOf(cluster.nodes[0]?.url ?? '');
  await admin.config('SET', 'requirepass', 'right');
  const endless = { startTimeoutMs: 3_600_000 };
  const nodes = [
    { host: '127.0.0.1', port: 1 },
    { host, port },
  ];
  const wrong = redisStore({ ...endless, cluster: { nodes }, password: 'wr0ng' });
  const error = await wrong.start().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining('WRONGPASS') });
  expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('wr0ng');
  const none = { host: '127.0.0.1', port: Number(new URL(single.url).port) };
  const noCluster = redisStore({ ...endless, cluster: { nodes: [none] } });
  await expect(noCluster.start()).rejects.toMatchObject({
    ...unavailable,
    message: expect.stringContaining('cluster support disabled'),
  });
  const away = redisStore({ startTimeoutMs: 300, cluster: { nodes: nodes.slice(0, 1) } });
  await expect(away.start()).rejects.toMatchObject(unavailable);
  await expect(away.positions(['user:1'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
  const right = redisStore({ ...endless, cluster: { nodes }, password: 'right' });
  await right.start();
  for (const store of [wrong, noCluster, away, right]) await store.close();
});

test('close ends a start under way', async () => {
  const nodes = [{ host: '127.0.0.1', port: 1 }];
  const store = redisStore({ cluster: { nodes }, startTimeoutMs: 3_600_000 });
  const started = expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
  await store.close();
  await started;
});

const ranges = [0, 1, 2].map((part) => Math.floor((part * 16_384) / 3));

/** A new channel that this master of three owns. */
function channelOf(master: number, prefix = ''): string {
  for (;;) {
    const channel = prefix + freshChannel();
    const slot = slotOf(channel);
    if (slot >= (ranges[master] ?? 0) && slot < (ranges[master + 1] ?? 16_384)) return channel;
  }
}

/** From now on nothing reaches the replica. */
async function shutOutReplica({ nodes }: RedisCluster, index: number): Promise<void> {
  const [master, replica] = [nodes[index], nodes[index + 3]].map((node) =>
    adminOf(node?.url ?? ''),
  );
  await replica?.config('SET', 'masterauth', 'wrong');
  await master?.config('SET', 'requirepass', 'right');
  await master?.call('client', 'KILL', 'TYPE', 'replica');
}

function silentOutlet(ready: (ready: Ready) => void): Outlet {
  return { ready, write: () => {}, bufferedBytes: 0, onceDrained: () => {}, close: () => {} };
}

/** What was written so far has reached the replica of this master. */
async function replicaHasTaken({ nodes }: RedisCluster, index: number): Promise<void> {
  const master = adminOf(nodes[index]?.url ?? '');
  // WAIT looks at the writes of its own connection.
  await master.set(channelOf(index), '1');
  expect(await master.call('wait', '1', '20000')).toBe(1);
}

function adminOf(url: string): ReturnType<typeof adminClient> {
  const admin = adminClient(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}

function done(
  outcomes: readonly (AppendOutcome | undefined)[],
): Exclude<AppendOutcome, { status: 'failed' }> {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  if (outcome.status === 'failed') throw outcome.error;
  return outcome;
}
