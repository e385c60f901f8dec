import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NotifyError } from '../errors/notify-error.js';
import { RecordingFollower } from '../test-doubles/feed-parts.js';
import { failAppends, queueParts } from '../test-doubles/queue-parts.js';
import type { NotifyRequest } from './notify-request.js';
import type { StoreQueueLimits } from './store-queue.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 10) => vi.advanceTimersByTimeAsync(ms);

function buffering(fields: Partial<StoreQueueLimits> & Parameters<typeof queueParts>[0] = {}) {
  const parts = queueParts({ whenStoreDown: 'buffer', ...fields });
  /** As a caller who waits for the result. */
  const publish = async (request: NotifyRequest) => {
    const [settled] = await Promise.all([
      Promise.allSettled([parts.publisher.publish(request)]),
      settle(),
    ]);
    if (settled[0].status === 'rejected') throw settled[0].reason;
    return settled[0].value;
  };
  const notify = (n: number, user: string, more: Partial<NotifyRequest> = {}) =>
    publish({ to: { user }, type: 'message', data: { n }, ...more });
  const goDown = () => parts.store.fail('append', 'positions');
  const comeBack = async () => {
    parts.store.recover();
    await settle(5_000);
  };
  return { ...parts, publish, notify, goDown, comeBack };
}

test('rule 5.8 what the store does not take is buffered, and written back once, in order, under its id', async () => {
  const { notify, goDown, comeBack, store, log, notified, undelivered } = buffering();
  expect(await notify(0, '1')).toMatchObject({ stored: true, buffered: false });
  goDown();
  const ids: string[] = [];
  for (const n of [1, 2, 3]) {
    const result = await notify(n, '1');
    expect(result).toMatchObject({
      stored: false,
      buffered: true,
      duplicate: false,
      channels: [{ channel: 'user:1', epoch: null, offset: null }],
    });
    ids.push(result.id);
    await settle(10_000);
  }
  await comeBack();
  expect(await log('1')).toEqual([0, 1, 2, 3]);
  const [page] = await store.readAfter([{ channel: 'user:1', after: 1, limit: 10 }]);
  expect(page?.items.map(({ id }) => id)).toEqual(ids);
  expect(notified).toEqual(ids);
  expect(undelivered).toEqual([]);
  expect(await notify(4, '1')).toMatchObject({ stored: true, buffered: false });
  expect(vi.getTimerCount()).toBe(0);
});

test('`reject` rejects at once and retryably, and nothing is kept', async () => {
  const { notify, goDown, comeBack, queue, log, published } = buffering({
    whenStoreDown: 'reject',
  });
  goDown();
  for (let n = 0; n < 3; n += 1) {
    await expect(notify(n, '1')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
  }
  expect(queue.size).toBe(0);
  await comeBack();
  expect(await log('1')).toEqual([]);
  expect(published()).toEqual([]);
});

test('G5 an answer that was lost does not store it twice', async () => {
  const { notify, store, comeBack, log } = buffering();
  failAppends(store, 'after', 1);
  expect(await notify(1, '1')).toMatchObject({ buffered: true });
  store.after.clear();
  await comeBack();
  expect(await log('1')).toEqual([1]);
});

test('while something of a channel waits later ones wait behind it; other channels do not', async () => {
  const { notify, goDown, store, queue, log } = buffering({ enqueueConcurrency: 1 });
  goDown();
  await notify(1, '1');
  const held = store.append.bind(store);
  let release = (): void => {};
  store.append = async (drafts) => {
    if (drafts[0]?.channel === 'user:1')
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    return held(drafts);
  };
  store.recover();
  await settle(2_000);
  expect(await notify(2, '1')).toMatchObject({ stored: false, buffered: true });
  expect(await notify(1, '2')).toMatchObject({ stored: true });
  await expect(notify(3, '1', { whenStoreDown: 'reject' })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  store.append = held;
  release();
  await settle();
  expect(await log('1')).toEqual([1, 2]);
  expect(queue.size).toBe(0);
  expect(await notify(4, '1')).toMatchObject({ stored: true });
});

test('what was enqueued waits in the same line', async () => {
  const { notify, goDown, comeBack, add, log } = buffering();
  goDown();
  await notify(1, '1');
  add(2, '1');
  await notify(3, '1');
  await comeBack();
  expect(await log('1')).toEqual([1, 2, 3]);
});

test('G9 beyond maxUnstored, and beyond its bytes, notify rejects retryably; enqueue has room of its own', async () => {
  const full = { code: 'LIMIT_EXCEEDED', retryable: true };
  for (const [limits, name] of [
    [{ maxUnstored: 2 }, /maxUnstored\)/],
    // Each takes 7 of data, 6 of the channel's name, and 128 for its place in line.
    [{ maxUnstoredBytes: 282 }, /maxUnstoredBytes\)/],
  ] as const) {
    const { notify, goDown, comeBack, counters, add, log } = buffering(limits);
    goDown();
    for (const n of [1, 2]) await notify(n, '1');
    await expect(notify(3, '1')).rejects.toMatchObject({
      ...full,
      message: expect.stringMatching(name),
    });
    expect(counters.snapshot()).toMatchObject({ unstored: 1, enqueued: 0 });
    add(4, '1');
    await comeBack();
    expect(await log('1')).toEqual([1, 2, 4]);
    expect(await notify(5, '1')).toMatchObject({ stored: true });
  }
});

test('what is not written back within the patience, or conflicts, is told', async () => {
  const { notify, goDown, comeBack, log, undelivered } = buffering({ unstoredPatienceMs: 60_000 });
  await notify(0, '1', { idempotencyKey: 'k' });
  goDown();
  const { id } = await notify(1, '2');
  await settle(61_000);
  expect(undelivered).toMatchObject([{ id, error: { code: 'STORE_UNAVAILABLE' } }]);
  const conflicting = await notify(2, '1', { idempotencyKey: 'k' });
  await comeBack();
  expect(undelivered.slice(1)).toMatchObject([
    {
      id: conflicting.id,
      request: { data: { n: 2 }, idempotencyKey: 'k' },
      error: { code: 'IDEMPOTENCY_CONFLICT' },
    },
  ]);
  expect(await log('1')).toEqual([0]);
  expect(await log('2')).toEqual([]);
});

test('drain writes back; during an outage it waits as for `enqueue`, and then says what is left', async () => {
  const first = buffering();
  first.goDown();
  await first.notify(1, '1');
  const drained = first.queue.drain();
  await first.comeBack();
  await drained;
  expect(await first.log('1')).toEqual([1]);

  const second = buffering({ enqueuePatienceMs: 30_000, unstoredPatienceMs: 240_000 });
  second.goDown();
  const { id } = await second.notify(1, '1');
  const giving = second.queue.drain();
  await settle(30_500);
  await giving;
  expect(second.undelivered).toMatchObject([{ id }]);
});

test('close tells what is left, and what comes later is refused', async () => {
  const { notify, goDown, queue, undelivered } = buffering();
  goDown();
  const { id } = await notify(1, '1');
  queue.close();
  expect(undelivered).toMatchObject([{ id, error: { code: 'CLOSED' } }]);
  await expect(notify(2, '1')).rejects.toMatchObject({ code: 'CLOSED' });
});

test('an audience that was stored in part is buffered for the rest, under one id', async () => {
  const { publish, store, comeBack, log, published } = buffering();
  const append = store.append.bind(store);
  const error = new NotifyError('STORE_UNAVAILABLE', 'no answer');
  store.append = async (drafts) => {
    const done = await append(drafts.filter(({ channel }) => channel !== 'user:2'));
    const left = [...done];
    return drafts.map(({ channel }) =>
      channel === 'user:2'
        ? { status: 'failed', error }
        : (left.shift() ?? { status: 'failed', error }),
    );
  };
  const request = { to: { users: ['1', '2', '3'] }, type: 'message', data: { n: 1 } };
  const result = await publish(request);
  expect(result).toMatchObject({ stored: false, buffered: true });
  expect(result.channels.map(({ offset }) => offset)).toEqual([1, null, 1]);
  store.append = append;
  await comeBack();
  for (const user of ['1', '2', '3']) expect(await log(user)).toEqual([1]);
  const places = published().map(({ channel, offset, id }) => [channel, offset, id]);
  expect(places).toEqual([
    ['user:1', 1, result.id],
    ['user:3', 1, result.id],
    ['user:2', null, result.id],
    ['user:2', 1, result.id],
  ]);
});

test('it is shown and published at once, provisionally, and again with its place', async () => {
  const { feeds, notify, goDown, comeBack, published } = buffering();
  const [feed] = await Promise.all([feeds.acquire('user:1'), settle()]);
  const follower = new RecordingFollower();
  feed.join(follower);
  goDown();
  const { id, published: isPublished } = await notify(1, '1');
  expect(isPublished).toBe(true);
  await comeBack();
  const seen = [
    { id, offset: null, provisional: true },
    { id, offset: 1 },
  ];
  expect(follower.outgoings.map(({ envelope }) => envelope)).toMatchObject(seen);
  expect(published()).toMatchObject(seen);
  expect(published()[1]).not.toHaveProperty('provisional');
});

test('under a key of the host it is not shown before the store has said under which id', async () => {
  const { notify, goDown, comeBack, published } = buffering();
  const first = await notify(1, '1', { idempotencyKey: 'k' });
  goDown();
  expect(await notify(1, '1', { idempotencyKey: 'k' })).toMatchObject({ buffered: true });
  await comeBack();
  expect(published().map(({ id }) => id)).toEqual([first.id]);
});

test('what was enqueued before the outage is shown when it begins, in order', async () => {
  const { store, goDown, add, published, comeBack, log } = buffering({ enqueueConcurrency: 1 });
  goDown();
  for (const n of [1, 2, 3]) add(n, '1');
  await settle();
  expect(published().map(({ dataJson, offset }) => [dataJson, offset])).toEqual(
    [1, 2, 3].map((n) => [`{"n":${n}}`, null]),
  );
  expect(store.appends).toHaveLength(1);
  await comeBack();
  expect(await log('1')).toEqual([1, 2, 3]);
});

test('G7 ephemeral ones do not wait', async () => {
  const { notify, goDown, published } = buffering();
  goDown();
  await notify(1, '1');
  expect(await notify(2, '1', { durable: false })).toMatchObject({
    stored: false,
    buffered: false,
  });
  expect(published().at(-1)).not.toHaveProperty('provisional');
});

test('unknown recipients are refused also while the store is down', async () => {
  const { notify, goDown, queue } = buffering({ unknownRecipients: () => ['nobody'] });
  goDown();
  await expect(notify(1, 'nobody')).rejects.toMatchObject({ code: 'RECIPIENT_UNKNOWN' });
  expect(await notify(1, '1')).toMatchObject({ buffered: true });
  expect(queue.held).toBe(1);
});
