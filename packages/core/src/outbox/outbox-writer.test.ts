import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest';
import { memoryStore } from '../memory/memory-store.js';
import { memoryTransaction } from '../memory/memory-transaction.js';
import type { NotifyPending, NotifyResult } from '../notifier/notify-request.js';
import { attached, testNotifier } from '../test-doubles/notifier-parts.js';
import { OutboxStore } from '../test-doubles/observed-outbox.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const message = { type: 'message', data: { n: 1 } } as const;
const toUser = { to: { user: '1' }, ...message };

async function started(fields: Parameters<typeof testNotifier>[0] = {}) {
  const store = new OutboxStore(memoryStore());
  const { notifier, broker } = testNotifier({ store, ...fields });
  const told: unknown[] = [];
  notifier.on('notified', ({ type, result }) => told.push({ type, ...result }));
  notifier.on('undelivered', (undelivered) => told.push(undelivered));
  await Promise.all([notifier.start(), settle()]);
  const head = async (channel: string) => (await store.positions([channel]))[0]?.offset;
  return { notifier, broker, store, told, head };
}

test('nobody is shown it before the commit, everybody after it', async () => {
  const { notifier, broker, told, head } = await started();
  const opening = attached(notifier);
  await settle();
  const { outlet } = await opening;
  const session = memoryTransaction();
  const pending = await notifier.notify(toUser, { session });
  expect(pending).toEqual({
    id: expect.any(String),
    time: Date.now(),
    status: 'pending',
    channels: ['user:1'],
  });
  await settle(5_000);
  expect(await head('user:1')).toBe(0);
  expect(outlet.writes).toEqual([]);
  expect(broker.published.flat()).toEqual([]);
  await session.commit();
  await settle();
  expect(await head('user:1')).toBe(1);
  expect(outlet.offsets('user:1')).toEqual([1]);
  expect(broker.published.flat().map(({ id }) => id)).toEqual([pending.id]);
  expect(told).toMatchObject([
    {
      type: 'message',
      id: pending.id,
      time: pending.time,
      stored: true,
      published: true,
      duplicate: false,
      channels: [{ channel: 'user:1', offset: 1 }],
    },
  ]);
  await notifier.close();
});

test('nobody is shown what was rolled back', async () => {
  const { notifier, told, head } = await started();
  const session = memoryTransaction();
  await notifier.notify(toUser, { session });
  await session.rollback();
  await settle(5_000);
  expect(await head('user:1')).toBe(0);
  expect(told).toEqual([]);
  await notifier.close();
});

test('the result says which of both it is', async () => {
  const { notifier } = await started();
  const session = memoryTransaction();
  const result = notifier.notify(toUser);
  const pending = notifier.notify(toUser, { session });
  expectTypeOf(result).toEqualTypeOf<Promise<NotifyResult>>();
  expectTypeOf(pending).toEqualTypeOf<Promise<NotifyPending>>();
  await settle();
  expect(await result).toMatchObject({ stored: true });
  expect(await pending).toMatchObject({ status: 'pending' });
  await notifier.close();
});

test('a large audience is written some at a time, and all of it is shown', async () => {
  const { notifier, store, told, head } = await started();
  const users = Array.from({ length: 1_234 }, (_, i) => `u${i}`);
  const session = memoryTransaction();
  const writing = notifier.notify({ to: { users }, ...message }, { session });
  await settle();
  const { id, channels } = await writing;
  expect(channels).toEqual(users.map((user) => `user:${user}`));
  expect(store.outbox.puts.map(({ length }) => length)).toEqual([500, 500, 234]);
  await session.commit();
  await settle();
  for (const channel of channels) expect(await head(channel)).toBe(1);
  expect(new Set(told.map((each) => Object(each).id))).toEqual(new Set([id]));
  expect(told.flatMap((each) => Object(each).channels)).toHaveLength(1_234);
  await notifier.close();
});

test('a key that was used shows nothing twice', async () => {
  const { notifier, broker, told, head } = await started();
  const [first] = await Promise.all([
    notifier.notify({ ...toUser, idempotencyKey: 'k' }),
    settle(),
  ]);
  for (let i = 0; i < 2; i += 1) {
    const session = memoryTransaction();
    await notifier.notify({ ...toUser, idempotencyKey: 'k' }, { session });
    await session.commit();
    await settle();
  }
  expect(await head('user:1')).toBe(1);
  const again = expect.objectContaining({ id: first.id, duplicate: true, stored: true });
  expect(told.slice(1)).toEqual([again, again]);
  expect(broker.published.flat()).toHaveLength(1);
  await notifier.close();
});

test.each([{ to: { user: '1' } }, { to: { group: 'g' } }, { to: { all: true } }] as const)(
  'a key in conflict is told as undelivered, as it was sent to %j',
  async ({ to }) => {
    const { notifier, told } = await started();
    await Promise.all([notifier.notify({ to, ...message, idempotencyKey: 'k' }), settle()]);
    const session = memoryTransaction();
    const request = { to, type: 'message', data: { n: 2 }, idempotencyKey: 'k' } as const;
    const { id } = await notifier.notify(request, { session });
    await session.commit();
    await settle();
    expect(told.slice(1)).toMatchObject([{ id, request, error: { code: 'IDEMPOTENCY_CONFLICT' } }]);
    await notifier.close();
  },
);

test.each([
  ['OPTIONS_INVALID', toUser, { session: undefined }],
  ['OPTIONS_INVALID', toUser, { session: null }],
  ['OPTIONS_INVALID', toUser, { session: {} }],
  ['OPTIONS_INVALID', toUser, {}],
  ['OPTIONS_INVALID', toUser, { session: memoryTransaction(), other: 1 }],
  ['OPTIONS_INVALID', { ...toUser, durable: false }, { session: memoryTransaction() }],
  ['TYPE_UNKNOWN', { ...toUser, type: 'other' }, { session: memoryTransaction() }],
  ['DATA_INVALID', { ...toUser, data: { n: '1' } }, { session: memoryTransaction() }],
  ['AUDIENCE_INVALID', { ...toUser, to: { users: [] } }, { session: memoryTransaction() }],
  ['RECIPIENT_UNKNOWN', { ...toUser, to: { user: 'nobody' } }, { session: memoryTransaction() }],
])('%s before anything is written: %j %j', async (code, request, options) => {
  const unknownRecipients = (ids: readonly string[]) => ids.filter((id) => id === 'nobody');
  const { notifier, store } = await started({ unknownRecipients });
  const call: Promise<unknown> = Reflect.apply(notifier.notify, notifier, [request, options]);
  const refused = expect(call).rejects.toMatchObject({ code });
  await settle();
  await refused;
  await Object(options).session?.commit?.();
  await settle();
  expect(store.appends).toEqual([]);
  expect(await store.positions(['user:1', 'user:nobody'])).toMatchObject([
    { offset: 0 },
    { offset: 0 },
  ]);
  await notifier.close();
});

test('a store without outbox says that it has no transactions', async () => {
  const { notifier } = testNotifier();
  await Promise.all([notifier.start(), settle()]);
  const notifying = notifier.notify(toUser, { session: memoryTransaction() });
  await expect(notifying).rejects.toMatchObject({ code: 'TRANSACTIONS_UNSUPPORTED' });
  await notifier.close();
});

test('nothing is taken on before start and after close', async () => {
  const { notifier } = testNotifier({ store: memoryStore() });
  const options = { session: memoryTransaction() };
  await expect(notifier.notify(toUser, options)).rejects.toMatchObject({ code: 'NOT_STARTED' });
  await notifier.close();
  await expect(notifier.notify(toUser, options)).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a memory outbox is bounded', async () => {
  const store = memoryStore({ maxOutboxDrafts: 2 });
  const { notifier } = testNotifier({ store, relay: false });
  await Promise.all([notifier.start(), settle()]);
  const session = memoryTransaction();
  await notifier.notify(toUser, { session });
  await session.commit();
  const next = memoryTransaction();
  await notifier.notify(toUser, { session: next });
  const third = notifier.notify(toUser, { session: next });
  await expect(third).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  await notifier.close();
});

test.each([{}, { session: undefined }])(
  'a session that is missing is asked for in words: %j',
  async (options) => {
    const { notifier } = await started();
    const call: Promise<unknown> = Reflect.apply(notifier.notify, notifier, [toUser, options]);
    await expect(call).rejects.toThrow('notify: session: must be that of your transaction');
    await notifier.close();
  },
);
