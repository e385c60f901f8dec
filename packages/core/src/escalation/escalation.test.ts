import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { CatalogueSchemas } from '../catalogue/catalogue.js';
import { memoryStore } from '../memory/memory-store.js';
import { memoryTransaction } from '../memory/memory-transaction.js';
import { createNotifier } from '../notifier/notifier.js';
import type { NotifierOptions } from '../notifier/notifier-options.js';
import {
  type EscalationTest,
  escalating,
  escalationCatalogue,
  fakeClocks,
  unseenAfterMs,
} from '../test-doubles/escalation-parts.js';
import { gate } from '../test-doubles/gate.js';
import { attached } from '../test-doubles/notifier-parts.js';
import { ObservedStore } from '../test-doubles/observed-store.js';
import { RecordingBroker } from '../test-doubles/recording-broker.js';

beforeEach(() => void vi.useFakeTimers(fakeClocks(Date.UTC(2026, 0, 1, 12))));
afterEach(() => void vi.useRealTimers());

/** Lets so much time go by, and a poll more. */
const elapse = (ms: number) => vi.advanceTimersByTimeAsync(ms + 1_500);

async function started(options?: EscalationTest) {
  const parts = await escalating(options);
  onTestFinished(() => parts.notifier.close());
  return parts;
}

test('who does not look at it is told once, when it is due and not before', async () => {
  const { approve, calls } = await started();
  const { id, time } = await approve('u1');
  await vi.advanceTimersByTimeAsync(unseenAfterMs - 1);
  expect(calls).toEqual([]);
  await elapse(0);
  await elapse(3_600_000);
  expect(calls).toEqual([
    {
      key: `escalation:mail:${id}:u1`,
      userId: 'u1',
      notifications: [
        {
          ...{ id, time, type: 'order.approved', channel: 'user:u1', data: { orderId: '7' } },
          ...{ epoch: expect.any(String), offset: 1 },
        },
      ],
      attempt: 1,
      mayRepeat: false,
      signal: expect.any(AbortSignal),
    },
  ]);
});

test('who has seen it in time is not told', async () => {
  const { approve, calls, seen } = await started();
  seen.add((await approve('u1')).id);
  const other = await approve('u1');
  await elapse(unseenAfterMs);
  expect(calls.map(({ notifications: [{ id }] }) => id)).toEqual([other.id]);
});

test('the inbox of the notifier knows what was seen, where the host does not', async () => {
  const { notifier, approve, calls } = await started({
    hasSeen: undefined,
    notifier: { inbox: {} },
  });
  const [seen, unseen] = [await approve('u1'), await approve('u1')];
  await notifier.inbox('u1').markSeen({ ids: [seen.id] });
  await elapse(unseenAfterMs);
  expect(calls.map(({ notifications: [{ id }] }) => id)).toEqual([unseen.id]);
});

test('only its types, to users, stored', async () => {
  const { notifier, calls } = await started();
  const order = { type: 'order.approved', data: { orderId: '7' } } as const;
  await notifier.notify({ to: { user: 'u1' }, type: 'message', data: { text: 'hello' } });
  await notifier.notify({ ...order, to: { group: 'g1' } });
  await notifier.notify({ ...order, to: { all: true } });
  await notifier.notify({ ...order, to: { user: 'u1' }, durable: false });
  const enqueued = notifier.enqueue({ ...order, to: { users: ['u2', 'u3', 'u2'] } });
  await elapse(unseenAfterMs);
  const keys = calls.map(({ key }) => key).toSorted();
  expect(keys).toEqual(['u2', 'u3'].map((user) => `escalation:mail:${enqueued}:${user}`));
});

test('a repeated publish is one notification, and escalated once', async () => {
  const { notifier, approve, calls, store } = await started();
  const order = { to: { user: 'u1' }, type: 'order.approved' } as const;
  const { dueWork } = store;
  if (dueWork === undefined) throw new Error('no due work');
  const cancelled = vi.spyOn(dueWork, 'cancel');
  const first = await approve('u1', 'order-7');
  expect((await approve('u1', 'order-7')).id).toBe(first.id);
  await expect(
    notifier.notify({ ...order, data: { orderId: '8' }, idempotencyKey: 'order-7' }),
  ).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  await elapse(unseenAfterMs);
  await elapse(600_000);
  expect(calls.map(({ key }) => key)).toEqual([`escalation:mail:${first.id}:u1`]);
  // What came to nothing was known at once.
  expect(cancelled).toHaveBeenCalledTimes(2);
});

test('it is scheduled before it is stored: what is stored late is escalated, too', async () => {
  const store = new ObservedStore(memoryStore());
  const { approve, calls } = await started({ store });
  const stored = gate();
  store.before.set('append', () => stored.passed);
  const approving = approve('u1');
  await elapse(unseenAfterMs + 5_000);
  expect(calls).toEqual([]);
  stored.open();
  await approving;
  await elapse(60_000);
  expect(calls).toHaveLength(1);
});

test('what was never stored is never escalated, and at last forgotten', async () => {
  const store = new ObservedStore(memoryStore());
  const { approve, calls } = await started({ store });
  const { dueWork } = store;
  if (dueWork === undefined) throw new Error('no due work');
  const cancelled = vi.spyOn(dueWork, 'cancel');
  store.fail('append');
  await expect(approve('u1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  store.recover();
  await elapse(unseenAfterMs + 7_200_000);
  expect(calls).toEqual([]);
  expect(cancelled).toHaveBeenCalledTimes(1);
  expect(await dueWork.take(9, 1)).toEqual([]);
});

test('what a transaction sends is escalated where it commits', async () => {
  const { notifier, calls } = await started({ store: memoryStore() });
  const [committed, rolledBack] = [memoryTransaction(), memoryTransaction()];
  const ids: string[] = [];
  for (const session of [committed, rolledBack]) {
    const order = { type: 'order.approved', data: { orderId: '7' } } as const;
    ids.push((await notifier.notify({ ...order, to: { user: 'u1' } }, { session })).id);
  }
  await committed.commit();
  await rolledBack.rollback();
  await elapse(unseenAfterMs + 60_000);
  expect(calls.map(({ key }) => key)).toEqual([`escalation:mail:${ids[0]}:u1`]);
});

test('where it cannot be scheduled it is not stored', async () => {
  const store = new ObservedStore(memoryStore({ maxDueWork: 1 }));
  const { approve } = await started({ store });
  await approve('u1');
  await expect(approve('u1')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect((await store.positions(['user:u1']))[0]?.offset).toBe(1);
});

test.each([
  ['call', 1, 1],
  ['wait', 0, 1],
  ['skip', 0, 0],
] as const)('while the user is online: %s', async (whileOnline, online, afterwards) => {
  const { notifier, approve, calls } = await started({
    rule: { whileOnline },
    notifier: { feedGraceMs: 1_000 },
  });
  const { emitter } = await attached(notifier, { userId: 'u1' });
  await approve('u1');
  await elapse(unseenAfterMs);
  expect(calls).toHaveLength(online);
  emitter.close({ code: 'CLOSED', returnMs: 1 });
  await elapse(unseenAfterMs);
  expect(calls).toHaveLength(afterwards);
});

test('so many calls are under way at a time, and the others follow at once', async () => {
  let [underWay, most] = [0, 0];
  const { approve, calls } = await started({
    concurrency: 3,
    hook: async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 10));
      underWay -= 1;
    },
  });
  for (let i = 0; i < 30; i += 1) await approve(`u${i}`);
  await elapse(unseenAfterMs);
  expect(calls).toHaveLength(30);
  expect(most).toBe(3);
});

test('as many calls as are allowed make Node warn of no leak', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on('warning', warned);
  onTestFinished(() => void process.off('warning', warned));
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { approve, calls } = await started({ concurrency: 20, hook: () => ended });
  for (let i = 0; i < 20; i += 1) await approve(`u${i}`);
  await elapse(unseenAfterMs);
  end();
  expect(calls).toHaveLength(20);
  expect(warnings).toEqual([]);
});

test('a node that only publishes schedules and calls nobody', async () => {
  const { approve, calls, store } = await started({ notifier: { publishOnly: true } });
  await approve('u1');
  await elapse(unseenAfterMs);
  expect(calls).toEqual([]);
  expect(await store.dueWork?.take(9, 1_000)).toHaveLength(1);
});

const rule = {
  name: 'mail',
  types: ['message'],
  unseenAfterMs: 1,
  to: () => undefined,
} as const;
const hasSeen = async () => new Set<string>();
const withoutDueWork = new Proxy(memoryStore(), {
  get: (target, name) => (name === 'dueWork' ? undefined : Reflect.get(target, name)),
});

test('a store without due work is refused', () => {
  const options = { catalogue: escalationCatalogue, store: withoutDueWork };
  expect(() => createNotifier({ ...options, escalation: { rules: [rule], hasSeen } })).toThrow(
    expect.objectContaining({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('dueWork'),
    }),
  );
});

test('who asks who is online needs a directory', () => {
  const rules = [{ ...rule, whileOnline: 'wait' }] as const;
  const broker = new RecordingBroker({ remote: true, routing: 'interest' });
  const store = new ObservedStore(memoryStore(), true);
  const options = { catalogue: escalationCatalogue, store, broker };
  expect(() => createNotifier({ ...options, escalation: { rules, hasSeen } })).toThrow(
    expect.objectContaining({ code: 'DIRECTORY_MISSING' }),
  );
});

test.each([
  ['nobody who knows what was seen', { rules: [rule] }, 'hasSeen'],
  ['no rule', { rules: [], hasSeen }, 'rules'],
  ['a type of no catalogue', { rules: [{ ...rule, types: ['other'] }], hasSeen }, '"other"'],
  ['two rules of one name', { rules: [rule, rule], hasSeen }, 'a name twice'],
  ['a colon in a name', { rules: [{ ...rule, name: 'a:b' }], hasSeen }, 'rules.0.name'],
  ['no hook', { rules: [{ ...rule, to: undefined }], hasSeen }, 'rules.0.to'],
  ['an unknown name', { rules: [rule], hasSeen, unseen: 1 }, 'unseen'],
  ['quiet hours nowhere', { rules: [rule], hasSeen, preferences: { quietHours: 1 } }, 'quietHours'],
])('%s: refused', (_, escalation, message) => {
  // Deliberately wrong: what an untyped caller could pass.
  const untyped = { catalogue: escalationCatalogue, escalation } as unknown;
  expect(() => createNotifier(untyped as NotifierOptions<CatalogueSchemas>)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});
