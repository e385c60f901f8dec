import { eventually, freshChannel, sampleDraft } from '@realtime-notify/contract-kit';
import type { AppendOutcome, Draft, Store } from '@realtime-notify/core';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';
import { channelKeys, idempotencyKey } from '../src/keys.js';
import { adminClient, redisMustAnswer, redisUrl, runPrefix } from './test-redis.js';

let admin: Redis;
beforeAll(async () => {
  await redisMustAnswer();
  admin = adminClient(redisUrl);
});
afterAll(() => admin?.disconnect());

async function startedStore(settings: object = {}): Promise<Store> {
  const store = redisStore({ url: redisUrl, keyPrefix: runPrefix, ...settings });
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('every key of ours expires, on time', async () => {
  const store = await startedStore({
    retention: { maxAgeMs: 60_000 },
    headRetentionMs: 120_000,
    idempotencyWindowMs: 30_000,
  });
  const channel = freshChannel();
  await store.append([sampleDraft(channel, { idempotency: { key: 'k', digest: 'd' } })]);
  const { head, log } = channelKeys(runPrefix, channel);
  const idem = idempotencyKey(runPrefix, channel, 'k');
  const left = await Promise.all([head, log, idem].map((key) => admin.pttl(key)));
  for (const [i, limit] of [120_000, 60_000, 30_000].entries()) {
    expect(left[i]).toBeGreaterThan(limit / 2);
    expect(left[i]).toBeLessThanOrEqual(limit);
  }
});

test('retention false takes an expiry away', async () => {
  const channel = freshChannel();
  const { head, log } = channelKeys(runPrefix, channel);
  await (await startedStore()).append([sampleDraft(channel)]);
  expect(await admin.pttl(log)).toBeGreaterThan(0);
  await (await startedStore({ retention: { maxAgeMs: false } })).append([sampleDraft(channel)]);
  expect(await Promise.all([admin.pttl(head), admin.pttl(log)])).toEqual([-1, -1]);
});

test('an expired log leaves the head, and counting goes on', async () => {
  const store = await startedStore({ retention: { maxAgeMs: 50 } });
  const channel = freshChannel();
  await store.append([sampleDraft(channel), sampleDraft(channel)]);
  const page = await eventually(async () => {
    const [read] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
    expect(read?.items).toEqual([]);
    return read;
  });
  expect(page).toMatchObject({ logStart: 3, head: { offset: 2 } });
  const [next] = await store.append([sampleDraft(channel)]);
  expect(next).toMatchObject({ envelope: { offset: 3, epoch: page?.head.epoch } });
});

test('what has gone is gone from Redis too, though reads change nothing', async () => {
  const [byAge, byBytes] = [freshChannel('age'), freshChannel('bytes')];
  const classes = [{ channels: ['user:age'], maxAgeMs: 400 }];
  const store = await startedStore({ retention: { maxBytes: 30, classes } });
  const logs = [byAge, byBytes].map((channel) => channelKeys(runPrefix, channel).log);
  const lengths = () => Promise.all(logs.map((log) => admin.xlen(log)));
  const append = (dataJson: string) =>
    store.append([byAge, byBytes].map((channel) => sampleDraft(channel, { dataJson })));
  await append('"a"');
  const before = await admin.dump(logs[0] ?? '');
  await eventually(async () => {
    // Kept alive as a key, as by a later append.
    await admin.persist(logs[0] ?? '');
    const [page] = await store.readAfter([{ channel: byAge, after: 0, limit: 10 }]);
    expect(page?.logStart).toBe(2);
  });
  expect(await admin.dump(logs[0] ?? '')).toBe(before);
  expect(await lengths()).toEqual([1, 1]);
  await append(`"${'x'.repeat(26)}"`);
  expect(await lengths()).toEqual([1, 1]);
});

test('an append looks at few entries, however many have to go', async () => {
  const redis = await privateRedis();
  const own = adminClient(redis.url);
  onTestFinished(() => own.disconnect());
  const channel = freshChannel();
  const large = await startedStore({ url: redis.url, retention: { maxCount: 100_000 } });
  const drafts = Array.from({ length: 5_000 }, () => sampleDraft(channel));
  await large.append(drafts);
  const small = await startedStore({ url: redis.url, retention: { maxBytes: 1_000 } });
  const before = await commandCalls(own, 'xrange');
  await small.append([sampleDraft(channel)]);
  const looks = (await commandCalls(own, 'xrange')) - before;
  expect(looks).toBeLessThanOrEqual(25);
  expect(await own.xlen(channelKeys(runPrefix, channel).log)).toBeLessThan(70);
});

test('entries of an older version are read, and go by when they were made', async () => {
  const channel = freshChannel();
  const { head, log } = channelKeys(runPrefix, channel);
  const [old, recent] = [sampleDraft(channel, { time: 1 }), sampleDraft(channel)];
  for (const [i, { id, type, time, dataJson }] of [old, recent].entries()) {
    const entry = { id, type, time, data: dataJson, trace: '' };
    await admin.xadd(log, `${i + 1}-0`, ...Object.entries(entry).flat());
  }
  await admin.hset(head, { epoch: 'e1', offset: '2', tag: recent.id.slice(-8) });
  const idsIn = async (retention: object, draft?: Draft) => {
    const store = await startedStore({ retention });
    const outcomes = await store.append(draft === undefined ? [] : [draft]);
    expect(outcomes.filter(({ status }) => status !== 'appended')).toEqual([]);
    const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
    expect(page?.items.map(({ offset }) => offset).at(0)).toBe(page?.logStart);
    return page?.items.map(({ id }) => id);
  };
  expect(await idsIn({ maxAgeMs: false })).toEqual([old.id, recent.id]);
  expect(await idsIn({})).toEqual([recent.id]);
  const next = [sampleDraft(channel), sampleDraft(channel)] as const;
  expect(await idsIn({}, next[0])).toEqual([recent.id, next[0].id]);
  const bytes = Buffer.byteLength(next[0].dataJson);
  expect(await idsIn({ maxBytes: 2 * bytes }, next[1])).toEqual([recent.id, ...ids(next)]);
  const last = sampleDraft(channel);
  expect(await idsIn({ maxBytes: 2 * bytes }, last)).toEqual([next[1].id, last.id]);
});

test('an entry of an older version names nothing before it, and the first after it names it', async () => {
  const channel = freshChannel();
  const { head, log } = channelKeys(runPrefix, channel);
  const { id, type, time, dataJson } = sampleDraft(channel);
  const entry = { id, type, time, data: dataJson, trace: '' };
  await admin.xadd(log, '1-0', ...Object.entries(entry).flat());
  await admin.hset(head, { epoch: 'e1', offset: '1', tag: id.slice(-8) });
  const store = await startedStore();
  await store.append([sampleDraft(channel)]);
  const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
  expect(page?.items.map(({ previousTag }) => previousTag)).toEqual([undefined, id.slice(-8)]);
});

test('a lost head begins a new epoch, without the old entries', async () => {
  const store = await startedStore();
  const channel = freshChannel();
  const [before] = await store.append([sampleDraft(channel), sampleDraft(channel)]);
  await admin.del(channelKeys(runPrefix, channel).head);
  const draft = sampleDraft(channel);
  const [after] = await store.append([draft]);
  expect(after).toMatchObject({ status: 'appended', envelope: { offset: 1 } });
  expect(epochOf(after)).not.toBe(epochOf(before));
  const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
  expect(page?.items.map(({ id }) => id)).toEqual([draft.id]);
});

test('a key that another program took fails its own draft only, and counts nothing', async () => {
  const store = await startedStore();
  const [taken, free] = [freshChannel(), freshChannel()];
  await store.append([sampleDraft(taken)]);
  const { log } = channelKeys(runPrefix, taken);
  await admin.set(log, 'theirs');
  const drafts = [taken, free].map((channel) => sampleDraft(channel));
  const [failed, appended] = await store.append(drafts);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'STORE_UNAVAILABLE' } });
  expect(appended).toMatchObject({ status: 'appended', envelope: { offset: 1 } });
  expect(await store.positions([taken])).toMatchObject([{ offset: 1 }]);
  await admin.del(log);
});

test('an entry that another program put into a log is not read', async () => {
  const store = await startedStore();
  const channel = freshChannel();
  const draft = sampleDraft(channel);
  await store.append([draft]);
  const { log } = channelKeys(runPrefix, channel);
  await admin.xadd(log, '1-6', 'id', 'theirs');
  // Well-formed, but not at a place that the store gives out.
  const likeOurs = ['id', draft.id, 'type', 'message', 'time', '1', 'data', '{}', 'trace', ''];
  await admin.xadd(log, '1-7', ...likeOurs);
  const [page] = await store.readAfter([{ channel, after: 0, limit: 10 }]);
  expect(page?.items.map(({ id }) => id)).toEqual([draft.id]);
});

test('scripts that Redis forgot are loaded again', async () => {
  const redis = await privateRedis();
  const own = adminClient(redis.url);
  onTestFinished(() => own.disconnect());
  const store = await startedStore({ url: redis.url });
  const channel = freshChannel();
  const drafts = Array.from({ length: 5 }, () => sampleDraft(channel));
  await store.append([sampleDraft(channel)]);
  await own.script('FLUSH');
  const outcomes = await store.append(drafts);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(drafts.map(() => 'appended'));
  const [page] = await store.readAfter([{ channel, after: 1, limit: 10 }]);
  expect(page?.items.map(({ id }) => id)).toEqual(drafts.map(({ id }) => id));
});

test('one append is one command of one round trip', async () => {
  const redis = await privateRedis();
  const own = adminClient(redis.url);
  onTestFinished(() => own.disconnect());
  const store = await startedStore({ url: redis.url });
  await store.append([sampleDraft(freshChannel())]);
  const before = await commandCalls(own, 'evalsha');
  const channels = Array.from({ length: 20 }, () => freshChannel());
  await store.append(channels.map((channel) => sampleDraft(channel)));
  expect((await commandCalls(own, 'evalsha')) - before).toBe(20);
});

test('a client handed in gives its options and stays as it was', async () => {
  const client = adminClient(redisUrl);
  onTestFinished(() => client.disconnect());
  client.options.keyPrefix = 'theirs:';
  const store = redisStore({ redis: client, keyPrefix: runPrefix });
  await store.start();
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  await store.close();
  expect(await admin.exists(channelKeys(runPrefix, channel).head)).toBe(1);
  expect(client.status).toBe('ready');
  expect(await client.ping()).toBe('PONG');
});

test('more commands than may wait are refused', async () => {
  const store = await startedStore({ maxPendingCommands: 10 });
  const channel = freshChannel();
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => store.append([sampleDraft(channel)])),
  );
  const outcomes = answers.flat();
  expect(outcomes.filter(({ status }) => status === 'appended').length).toBeGreaterThanOrEqual(1);
  const refused = outcomes.find(({ status }) => status === 'failed');
  expect(refused).toMatchObject({
    error: { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('maxPendingCommands') },
  });
  expect(await store.append([sampleDraft(channel)])).toMatchObject([{ status: 'appended' }]);
});

const ids = (drafts: readonly Draft[]): string[] => drafts.map(({ id }) => id);

function epochOf(outcome: AppendOutcome | undefined): string | undefined {
  return outcome?.status === 'failed' ? undefined : outcome?.envelope.epoch;
}

async function commandCalls(redis: Redis, command: string): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
