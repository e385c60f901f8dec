import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { eventually, freshChannel, OutOfBand, sampleDraft } from '@realtime-notify/contract-kit';
import {
  type AppendOutcome,
  createNotifier,
  defineCatalogue,
  type Outlet,
  type Ready,
  type Store,
} from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { durable, privateGroup } from '../../../scripts/private-servers/redis.js';
import type { RedisGroup } from '../../../scripts/services/redis-sentinel.js';
import { type RedisSentinel, type RedisStoreOptions, redisStore } from '../src/index.js';
import { adminClient } from './test-redis.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 100 };

function sentinelOf({ name, sentinels }: RedisGroup) {
  return { name, addresses: sentinels };
}

async function startedStore(options: RedisStoreOptions): Promise<Store> {
  const store = redisStore({ ...quick, ...options });
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

function adminOf(url: string): ReturnType<typeof adminClient> {
  const admin = adminClient(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}

test('failover: what the replica had taken is there, appends go on without hole or repeat', async () => {
  const group = await privateGroup({ sentinels: 3, serverArgs: durable });
  const store = await startedStore({ sentinel: sentinelOf(group) });
  const channel = freshChannel();
  const before = Array.from({ length: 50 }, () => sampleDraft(channel));
  const [first] = await store.append(before);
  await replicaHasTaken(group);
  const thrown = await new OutOfBand().during(async () => {
    await group.master.kill('SIGKILL');
    await eventually(() => expect(store.positions([channel])).rejects.toMatchObject(unavailable));
    const key = randomUUID();
    const draft = sampleDraft(channel, { idempotency: { key, digest: 'd' } });
    const outcome = await eventually(async () => done(await store.append([draft])));
    expect(outcome.envelope).toMatchObject({ offset: 51, epoch: done([first]).envelope.epoch });
    const [page] = await store.readAfter([{ channel, after: 0, limit: 100 }]);
    expect(page?.items.map(({ id }) => id)).toEqual([...before, draft].map(({ id }) => id));
  });
  expect(thrown).toEqual([]);
});

test('a failover that lost accepted appends: the node finds it, and its clients are told', async () => {
  const group = await privateGroup({ sentinels: 1 });
  const store = redisStore({ ...quick, sentinel: sentinelOf(group) });
  const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });
  const notifier = createNotifier({ catalogue, store, positionCheckMs: 100 });
  onTestFinished(() => notifier.close());
  await notifier.start();
  const readies: Ready[] = [];
  await notifier.attach({
    principal: { userId: 'u1' },
    groups: [],
    outlet: silentOutlet((ready) => readies.push(ready)),
    isGone: () => false,
  });
  const say = (text: string): Promise<unknown> =>
    notifier.notify({ to: { user: 'u1' }, type: 'message', data: { text } });
  await say('kept');
  await replicaHasTaken(group);
  const before = await store.positions(['user:u1']);
  await shutOutReplica(group);
  await say('lost');
  await group.master.kill('SIGKILL');
  await eventually(() => say('after'));
  await eventually(() => expect(readies.at(-1)).toMatchObject({ recovered: false }));
  const [after] = await store.positions(['user:u1']);
  expect(after?.offset).toBe(2);
  expect(after?.epoch).not.toBe(before[0]?.epoch);
});

test.each<[string, (group: RedisGroup) => Partial<RedisSentinel>]>([
  ['no Sentinel knows', () => ({ name: 'other' })],
  ['WRONGPASS', () => ({ password: 'wr0ng' })],
  ['NOAUTH', ({ sentinels }) => ({ addresses: sentinels })],
])('start rejects at once: %s', async (why, wrong) => {
  const group = await privateGroup({ sentinels: 1, sentinelPassword: 'spw' });
  const away = { host: '127.0.0.1', port: 1 };
  const right = { name: group.name, addresses: [away, ...group.sentinels], password: 'spw' };
  await startedStore({ sentinel: right });
  const { password: _, ...open } = right;
  const sentinel = { ...(why === 'NOAUTH' ? open : right), ...wrong(group) };
  const store = redisStore({ sentinel, startTimeoutMs: 3_600_000 });
  onTestFinished(() => store.close());
  const error = await store.start().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining(why) });
  expect(JSON.stringify([String(error), (error as Error).cause])).not.toMatch(/wr0ng|"spw"/);
});

test('close ends a start whose Sentinels never answer', async () => {
  let asked = 0;
  const silent = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const sentinel = { name: 'main', addresses: [{ host: '127.0.0.1', port: address.port }] };
  const endless = { startTimeoutMs: 3_600_000, commandTimeoutMs: 3_600_000 };
  const store = redisStore({ ...endless, sentinel });
  const started = expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
  await eventually(() => expect(asked).toBe(1));
  await store.close();
  await started;
});

/** From now on nothing reaches the replica, and no Sentinel minds. */
async function shutOutReplica(group: RedisGroup): Promise<void> {
  const [master, replica] = [adminOf(group.master.url), adminOf(group.replica.url)];
  await replica.config('SET', 'masterauth', 'wrong');
  await master.config('SET', 'requirepass', 'right');
  await master.call('client', 'KILL', 'TYPE', 'replica');
}

function silentOutlet(ready: (ready: Ready) => void): Outlet {
  return { ready, write: () => {}, bufferedBytes: 0, onceDrained: () => {}, close: () => {} };
}

/** What was written so far has reached the replica. */
async function replicaHasTaken(group: RedisGroup): Promise<void> {
  const master = adminOf(group.master.url);
  // WAIT looks at the writes of its own connection.
  await master.set('mark', '1');
  expect(await master.call('wait', '1', '20000')).toBe(1);
}

function done(
  outcomes: readonly (AppendOutcome | undefined)[],
): Exclude<AppendOutcome, { status: 'failed' }> {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  if (outcome.status === 'failed') throw outcome.error;
  return outcome;
}
