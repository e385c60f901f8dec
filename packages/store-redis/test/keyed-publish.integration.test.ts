import { eventually } from '@realtime-notify/contract-kit';
import { createNotifier, defineCatalogue } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { durable, privateRedis } from '../../../scripts/private-servers/redis.js';
import { redisStore } from '../src/index.js';

const catalogue = defineCatalogue({ message: z.object({ text: z.string() }) });
const users = ['a', 'b', 'c'];
const channels = users.map((user) => `user:${user}`);

test('Redis dies between two appends of one keyed publish: a retry finishes the rest', async () => {
  const redis = await privateRedis(durable);
  const store = redisStore({
    url: redis.url,
    commandTimeoutMs: 1_000,
    maxReconnectDelayMs: 100,
  });
  let appends = 0;
  const append = store.append.bind(store);
  store.append = async (drafts) => {
    appends += 1;
    // With a key the first channel goes ahead of the others.
    if (appends === 2) await redis.kill('SIGKILL');
    return append(drafts);
  };
  const notifier = createNotifier({ catalogue, store });
  onTestFinished(() => notifier.close());
  await notifier.start();
  const publish = () =>
    notifier.notify({
      to: { users },
      type: 'message',
      data: { text: 'hello' },
      idempotencyKey: 'order-1',
    });
  await expect(publish()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  expect(appends).toBe(2);
  await redis.restart();
  const reads = channels.map((channel) => ({ channel, after: 0, limit: 10 }));
  const half = await eventually(() => store.readAfter(reads));
  expect(half.map(({ items }) => items.length)).toEqual([1, 0, 0]);
  // The node takes it up again once it has seen that Redis is back.
  const result = await eventually(publish);
  expect(result).toMatchObject({ id: half[0]?.items[0]?.id, stored: true, duplicate: false });
  expect(await publish()).toMatchObject({ id: result.id, duplicate: true });
  const whole = await store.readAfter(reads);
  expect(whole.map(({ items }) => items.map(({ id }) => id))).toEqual(users.map(() => [result.id]));
});
