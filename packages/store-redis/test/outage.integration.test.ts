import { createServer } from 'node:net';
import {
  eventually,
  freshChannel,
  OutOfBand,
  sampleDraft,
  tcpProxy,
} from '@realtime-notify/contract-kit';
import type { AppendOutcome, Store } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { redisStore } from '../src/index.js';
import { durable, privateRedis } from './private-redis.js';
import { adminClient } from './test-redis.js';

const unavailable = { code: 'STORE_UNAVAILABLE' };
const quick = { commandTimeoutMs: 1_000, maxReconnectDelayMs: 100 };

async function startedStore(options: Parameters<typeof redisStore>[0]): Promise<Store> {
  const store = redisStore(options);
  onTestFinished(() => store.close());
  await store.start();
  return store;
}

test('kill -9 under traffic: what was accepted is there once, in order, and nothing else', async () => {
  const redis = await privateRedis(durable);
  const channel = freshChannel();
  const stores = await Promise.all(
    Array.from({ length: 4 }, () => startedStore({ url: redis.url, ...quick })),
  );
  const total = 300;
  let accepted = 0;
  const thrown = await new OutOfBand().during(async () => {
    const writing = stores.map(async (store, writer) => {
      const placed: [key: string, offset: number][] = [];
      for (let i = 0; i < total / stores.length; i += 1) {
        const key = `${writer}-${i}`;
        const draft = sampleDraft(channel, {
          idempotency: { key, digest: key },
          dataJson: `"${key}"`,
        });
        const outcome = await eventually(async () => done(await store.append([draft])));
        accepted += 1;
        placed.push([key, outcome.envelope.offset]);
      }
      return placed;
    });
    await eventually(() => expect(accepted).toBeGreaterThan(total / 4));
    await redis.kill('SIGKILL');
    const first = stores[0];
    await eventually(() => expect(first?.positions([channel])).rejects.toMatchObject(unavailable));
    await redis.restart();
    const placed = (await Promise.all(writing)).flat().toSorted(([, a], [, b]) => a - b);
    expect(placed.map(([, offset]) => offset)).toEqual(
      Array.from({ length: total }, (_, i) => i + 1),
    );
    const [page] = (await first?.readAfter([{ channel, after: 0, limit: 1_000 }])) ?? [];
    expect(page?.items.map(({ dataJson, offset }) => [JSON.parse(dataJson), offset])).toEqual(
      placed,
    );
  });
  expect(thrown).toEqual([]);
});

test('a server that stopped answering: calls reject, the link comes back, nothing runs twice', async () => {
  const redis = await privateRedis();
  const store = await startedStore({ url: redis.url, ...quick });
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  const thrown = await new OutOfBand().during(async () => {
    await redis.kill('SIGSTOP');
    const lost = Array.from({ length: 10 }, () => sampleDraft(channel));
    const outcomes = await Promise.all(lost.map((draft) => store.append([draft])));
    for (const [outcome] of outcomes)
      expect(outcome).toMatchObject({ status: 'failed', error: unavailable });
    await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
    await redis.kill('SIGCONT');
    const last = sampleDraft(channel);
    await eventually(async () => done(await store.append([last])));
    const [page] = await store.readAfter([{ channel, after: 0, limit: 100 }]);
    const ids = page?.items.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)).toBe(last.id);
  });
  expect(thrown).toEqual([]);
});

test('a half-open connection is broken off and made anew though no end was ever seen', async () => {
  const redis = await privateRedis();
  const proxy = await tcpProxy(Number(new URL(redis.url).port));
  const store = await startedStore({ url: `redis://127.0.0.1:${proxy.port}`, ...quick });
  const channel = freshChannel();
  await store.append([sampleDraft(channel)]);
  expect(proxy.accepted).toBe(1);
  proxy.freeze();
  await expect(store.positions([channel])).rejects.toMatchObject(unavailable);
  await eventually(async () => done(await store.append([sampleDraft(channel)])));
  expect(proxy.accepted).toBe(2);
});

test('a connection cut with commands under way: each settles, none runs twice', async () => {
  const redis = await privateRedis();
  const store = await startedStore({ url: redis.url, ...quick });
  const admin = adminClient(redis.url);
  onTestFinished(() => admin.disconnect());
  const channel = freshChannel();
  const drafts = Array.from({ length: 200 }, () => sampleDraft(channel));
  const settled = Promise.all(drafts.map((draft) => store.append([draft])));
  await admin.call('client', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  const outcomes = (await settled).flat();
  await eventually(() => store.positions([channel]));
  const [page] = await store.readAfter([{ channel, after: 0, limit: 1_000 }]);
  const ids = page?.items.map(({ id }) => id) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  const known = drafts.filter((_, i) => outcomes[i]?.status === 'appended').map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(known));
});

test('start rejects while Redis is away, and succeeds once it is there', async () => {
  const redis = await privateRedis();
  await redis.kill('SIGKILL');
  const store = redisStore({ url: redis.url, startTimeoutMs: 300 });
  onTestFinished(() => store.close());
  await expect(store.start()).rejects.toMatchObject(unavailable);
  await expect(store.positions(['user:1'])).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await redis.restart();
  await eventually(() => store.start());
  await store.positions(['user:1']);
});

test('close ends a start that waits for its next attempt', async () => {
  let attempts = 0;
  const refusing = createServer((socket) => {
    attempts += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void refusing.close());
  const address = refusing.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const endless = { startTimeoutMs: 3_600_000, maxReconnectDelayMs: 3_600_000 };
  const store = redisStore({ url: `redis://127.0.0.1:${address.port}`, ...endless });
  const started = expect(store.start()).rejects.toMatchObject({ code: 'CLOSED' });
  // The waits double: after five attempts it waits far longer than an attempt takes.
  await eventually(() => expect(attempts).toBeGreaterThanOrEqual(5));
  await store.close();
  await started;
});

test('start rejects on wrong credentials without giving them away', async () => {
  const redis = await privateRedis();
  const admin = adminClient(redis.url);
  onTestFinished(() => admin.disconnect());
  await admin.config('SET', 'requirepass', 'right');
  const wrong = redis.url.replace('redis://', 'redis://:wr0ng-secret@');
  const store = redisStore({ url: wrong, startTimeoutMs: 3_600_000 });
  onTestFinished(() => store.close());
  const error = await store.start().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining('WRONGPASS') });
  const { cause } = error as Error;
  expect(JSON.stringify([String(error), cause, String(cause)])).not.toContain('wr0ng-secret');
});

test('one log line per change of the link', async () => {
  const redis = await privateRedis();
  const lines: string[] = [];
  const note = (_facts: object, message: string): void => {
    lines.push(message);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const store = await startedStore({ url: redis.url, logger, ...quick });
  await redis.kill('SIGKILL');
  await eventually(() => expect(lines).toHaveLength(2));
  await redis.restart();
  await eventually(() => store.positions(['user:1']));
  await store.close();
  const [up, down] = [
    'store-redis: the link to Redis is up',
    'store-redis: the link to Redis is down',
  ];
  expect(lines).toEqual([up, down, up]);
});

function done(outcomes: readonly AppendOutcome[]): Exclude<AppendOutcome, { status: 'failed' }> {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  if (outcome.status === 'failed') throw outcome.error;
  return outcome;
}
