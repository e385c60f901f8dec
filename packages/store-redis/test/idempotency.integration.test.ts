import { eventually } from '@realtime-notify/contract-kit';
import { createNotifier, defineCatalogue, NotifyError } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { durable, privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';
import { adminClient } from './test-redis.js';

const schemas = { message: z.strictObject({ text: z.string() }) };
const catalogue = defineCatalogue(schemas);
const users = Array.from({ length: 1_000 }, (_, i) => `u${String(i).padStart(4, '0')}`);
const hello = { type: 'message', data: { text: 'hello' } } as const;

/** A notifier over a Redis of the test's own, and what each user's log holds. */
async function notifierOn(url: string, settings: { readonly idempotencyWindowMs?: number } = {}) {
  const store = redisStore({ commandTimeoutMs: 2_000, maxReconnectDelayMs: 100, ...settings, url });
  const notifier = createNotifier({ catalogue, store });
  onTestFinished(() => notifier.close());
  await notifier.start();
  const logs = async (of: readonly string[] = users) => {
    const requests = of.map((user) => ({ channel: `user:${user}`, after: 0, limit: 10 }));
    return (await store.readAfter(requests)).map(({ items }) => items);
  };
  return { notifier, logs };
}

test('G5 a publish to many users that partly failed is finished by a retry, once for each, under one id', async () => {
  const redis = await privateRedis();
  const { notifier, logs } = await notifierOn(redis.url);
  const admin = adminClient(redis.url);
  onTestFinished(() => admin.disconnect());
  const broken = users.filter((_, i) => i % 7 === 3);
  for (const user of broken) await admin.set(`rn:{user:${user}}:head`, 'not a hash');
  const request = { to: { users }, ...hello, idempotencyKey: 'k' };
  await expect(notifier.notify(request)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(/^143 of 1000 channels failed: a retry with the same/),
    failures: broken.map((user) => ({ channel: `user:${user}`, code: 'STORE_UNAVAILABLE' })),
  });
  await admin.del(...broken.map((user) => `rn:{user:${user}}:head`));
  const result = await notifier.notify(request);
  expect(result).toMatchObject({ stored: true, duplicate: false });
  expect(await notifier.notify(request)).toEqual({ ...result, duplicate: true });
  const ids = (await logs()).map((items) => items.map(({ id, time }) => [id, time]));
  expect(ids).toEqual(users.map(() => [[result.id, result.time]]));
});

test('G5 a publish to many users that Redis did not survive is finished by retries', async () => {
  const redis = await privateRedis(durable);
  const { notifier, logs } = await notifierOn(redis.url);
  const request = { to: { users }, ...hello, idempotencyKey: 'k' };
  const first = notifier.notify(request).catch((error: unknown) => error);
  await eventually(async () => {
    expect((await logs(['u0500']))[0]).toHaveLength(1);
  });
  await redis.kill('SIGKILL');
  const failure = await first;
  await redis.restart();
  const result = await eventually(() => notifier.notify(request));
  if (NotifyError.is(failure)) {
    expect(failure.failures?.length).toBeGreaterThan(0);
    expect(failure.failures?.length).toBeLessThan(users.length);
  }
  const ids = (await logs()).map((items) => items.map(({ id }) => id));
  expect(ids).toEqual(users.map(() => [result.id]));
});

test('G5 two nodes that publish the same at the same time publish one notification', async () => {
  const redis = await privateRedis();
  const nodes = [await notifierOn(redis.url), await notifierOn(redis.url)];
  const request = { to: { users }, ...hello, idempotencyKey: 'k' };
  const results = await Promise.all(nodes.map(({ notifier }) => notifier.notify(request)));
  expect(results[1]?.id).toBe(results[0]?.id);
  expect(results[1]?.channels).toEqual(results[0]?.channels);
  const counts = (await nodes[0]?.logs())?.map(({ length }) => length);
  expect(counts).toEqual(users.map(() => 1));
});

test('G5 other content under the same key is a conflict on every channel that knows the key, and named', async () => {
  const redis = await privateRedis();
  const { notifier, logs } = await notifierOn(redis.url);
  const [some, others] = [users.slice(100, 600), users.slice(0, 100)];
  await notifier.notify({ to: { users: some }, ...hello, idempotencyKey: 'k' });
  const other = { type: 'message', data: { text: 'other' }, idempotencyKey: 'k' } as const;
  const conflicts = some.map((user) => ({
    channel: `user:${user}`,
    code: 'IDEMPOTENCY_CONFLICT',
  }));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(notifier.notify({ to: { users: some }, ...other })).rejects.toMatchObject({
      retryable: false,
      failures: conflicts,
    });
    // Who does not know the key gets it, once, also where the others are in conflict.
    await expect(
      notifier.notify({ to: { users: [...others, ...some] }, ...other }),
    ).rejects.toMatchObject({ failures: conflicts });
  }
  const texts = (await logs(users.slice(0, 600))).map((items) => items.map((i) => i.dataJson));
  expect(texts).toEqual([
    ...others.map(() => ['{"text":"other"}']),
    ...some.map(() => ['{"text":"hello"}']),
  ]);
});

test('G5 G9 what is remembered of a key is gone after the window, and then it is a new notification', async () => {
  const redis = await privateRedis();
  const { notifier, logs } = await notifierOn(redis.url, { idempotencyWindowMs: 2_000 });
  const admin = adminClient(redis.url);
  onTestFinished(() => admin.disconnect());
  const request = { to: { users: users.slice(0, 300) }, ...hello, idempotencyKey: 'k' };
  const { id } = await notifier.notify(request);
  const remembered = async () => (await admin.keys('rn:*:idem:*')).length;
  expect(await remembered()).toBe(300);
  await eventually(async () => expect(await remembered()).toBe(0));
  const again = await notifier.notify(request);
  expect(again.duplicate).toBe(false);
  expect(again.id).not.toBe(id);
  const counts = (await logs(users.slice(0, 300))).map(({ length }) => length);
  expect(counts).toEqual(counts.map(() => 2));
});
