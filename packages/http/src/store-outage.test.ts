import { type Draft, memoryStore, NotifyError, type Store } from '@realtime-notify/core';
import { expect, onTestFinished, test } from 'vitest';
import { answerOf, makeNotifier, serve } from '../test/serving.js';
import { publishHandler } from './publish-handler.js';

const error = new NotifyError('STORE_UNAVAILABLE', 'no answer');

/** A memory store that takes no drafts of some channels, and where none at all answers nothing. */
function storeWithout(isDown: (channel: string) => boolean): Store {
  const store = memoryStore();
  const { append, positions } = store;
  store.append = async (drafts: readonly Draft[]) => {
    const outcomes = [
      ...(await append.call(
        store,
        drafts.filter((d) => !isDown(d.channel)),
      )),
    ];
    return drafts.map(({ channel }) => {
      const outcome = isDown(channel) ? undefined : outcomes.shift();
      return outcome ?? { status: 'failed', error };
    });
  };
  store.positions = async (channels) => {
    if (channels.every(isDown)) throw error;
    return positions.call(store, channels);
  };
  return store;
}

async function posting(
  isDown: (channel: string) => boolean,
  whenStoreDown: 'reject' | 'buffer',
  users: readonly string[],
) {
  const notifier = makeNotifier({ store: storeWithout(isDown), whenStoreDown });
  await notifier.start();
  const { server, url } = await serve(publishHandler(notifier, { open: true }));
  onTestFinished(async () => {
    server.close();
    await notifier.close();
  });
  const body = { to: { users }, type: 'message', data: { text: 'hello' } };
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return answerOf(await fetch(url, request));
}

test('a publish that failed on some channels: 503 that names them', async () => {
  const answer = await posting((channel) => channel === 'user:u2', 'reject', ['u1', 'u2', 'u3']);
  expect(answer).toMatchObject({
    status: 503,
    body: {
      code: 'STORE_UNAVAILABLE',
      failures: [{ channel: 'user:u2', code: 'STORE_UNAVAILABLE' }],
    },
  });
  expect(answer.headers.get('retry-after')).toBe('5');
});

test('while the store is down: 503, or 202 with `buffered` where the host chose so', async () => {
  const rejected = await posting(() => true, 'reject', ['u1']);
  expect(rejected).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
  expect(rejected.body).not.toHaveProperty('failures');
  expect(await posting(() => true, 'buffer', ['u1'])).toMatchObject({
    status: 202,
    body: { stored: false, buffered: true, channels: [{ channel: 'user:u1', offset: null }] },
  });
});
